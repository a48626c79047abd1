/** A field with its label above and its help below; the help describes the field and is no part of its name. */
import { useId, type ReactNode } from 'react';

export interface FieldProps {
  readonly label: string;
  readonly help?: ReactNode;
  readonly className?: string;
  readonly children: (ids: { readonly id: string; readonly 'aria-describedby': string | undefined }) => ReactNode;
}

export function Field({ label, help, className, children }: FieldProps) {
  const id = useId();
  const helpId = help === undefined ? undefined : `${id}-help`;
  return (
    <div className={`flex flex-col gap-1 ${className ?? ''}`}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({ id, 'aria-describedby': helpId })}
      {help !== undefined && (
        <p id={helpId} className="text-ink-2 text-xs">
          {help}
        </p>
      )}
    </div>
  );
}
