/** Short messages that go away by themselves, some with an action that undoes. */
import { Toast } from '@base-ui/react/toast';
import { IconButton } from './button.tsx';

export const toasts = Toast.createToastManager();

export function Toasts() {
  return (
    <Toast.Provider toastManager={toasts} timeout={6_000}>
      <Toast.Portal>
        <Toast.Viewport className="no-print fixed right-4 bottom-16 z-50 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2 md:bottom-4">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts: shown } = Toast.useToastManager();
  return shown.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="panel shadow-float flex items-start gap-2 p-3">
      <div className="min-w-0 flex-1">
        <Toast.Title className="font-medium" />
        <Toast.Description className="text-ink-2 break-words" />
        <Toast.Action className="text-accent mt-1 font-medium" />
      </div>
      <Toast.Close render={<IconButton icon="cross" label="Close" />} />
    </Toast.Root>
  ));
}
