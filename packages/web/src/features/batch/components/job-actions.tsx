/** What a person can do with a job: pause, go on, cancel, run failed rows again. */
import { AlertDialog } from '@base-ui/react/alert-dialog';
import type { JobDetail } from '@omtx/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button, buttonClass } from '../../../components/button.tsx';
import { Icon } from '../../../components/icons.tsx';
import { toasts } from '../../../components/toasts.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { explainError, hub } from '../../../lib/hub.ts';
import { isFinal } from '../api/job.ts';

/** Does it, says what went wrong, and reads the job anew. */
export function useJobAction<Answer>(jobId: string, act: () => Promise<Answer>, say?: (answer: Answer) => string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async (answer) => {
      if (say) toasts.add({ title: say(answer) });
      await client.invalidateQueries({ queryKey: ['job', jobId] });
      for (const part of ['order', 'statistics', 'row']) void client.invalidateQueries({ queryKey: [part, jobId] });
    },
    onError: (error) => {
      const { title, detail } = explainError(error);
      toasts.add({ title, description: detail });
    },
  });
}

export function JobActions({ job }: { readonly job: JobDetail }) {
  const pause = useJobAction(job.id, () => hub.pauseJob(job.id));
  const resume = useJobAction(job.id, () => hub.resumeJob(job.id));
  if (isFinal(job)) return null;
  return (
    <>
      {job.pausedAt === null ? (
        <Button icon="pause" onClick={() => pause.mutate()} disabled={pause.isPending}>
          Pause
        </Button>
      ) : (
        <Button icon="play" onClick={() => resume.mutate()} disabled={resume.isPending}>
          Resume
        </Button>
      )}
      <CancelJob job={job} />
    </>
  );
}

function CancelJob({ job }: { readonly job: JobDetail }) {
  const cancel = useJobAction(job.id, () => hub.cancelJob(job.id));
  const open = job.progress.pending + job.progress.running;
  return (
    <Confirm
      trigger={
        <>
          <Icon name="cross" /> Cancel
        </>
      }
      isDisabled={cancel.isPending || job.cancelRequestedAt !== null}
      title={`Cancel ${plural(open, 'row')}?`}
      act={`Cancel ${plural(open, 'row')}`}
      confirm={() => cancel.mutate()}
    >
      The {formatCount(open)} rows that are not done will not run. Results that are there stay.
    </Confirm>
  );
}

interface ConfirmProps {
  readonly trigger: ReactNode;
  readonly isDisabled: boolean;
  readonly title: string;
  /** What the button says that does it. */
  readonly act: string;
  readonly confirm: () => void;
  readonly children: ReactNode;
}

function Confirm({ trigger, isDisabled, title, act, confirm, children }: ConfirmProps) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger className={buttonClass('plain')} disabled={isDisabled}>
        {trigger}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="bg-overlay fixed inset-0 z-40" />
        <AlertDialog.Popup className="panel shadow-float fixed top-1/3 left-1/2 z-50 w-96 max-w-[calc(100vw-2rem)] -translate-x-1/2 p-4">
          <AlertDialog.Title className="text-base font-medium">{title}</AlertDialog.Title>
          <AlertDialog.Description className="text-ink-2 mt-1">{children}</AlertDialog.Description>
          <div className="mt-4 flex justify-end gap-2">
            <AlertDialog.Close className={buttonClass('plain')}>Keep it</AlertDialog.Close>
            <AlertDialog.Close className={buttonClass('danger')} onClick={confirm}>
              {act}
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
