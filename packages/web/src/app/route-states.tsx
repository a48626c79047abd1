import { type ErrorComponentProps } from '@tanstack/react-router';
import { EmptyState, ErrorNote } from '../components/notes.tsx';
import { LinkButton } from '../components/link-button.tsx';

export function NotFoundPage() {
  return (
    <EmptyState title="There is no such page" action={<LinkButton to="/">Go to Home</LinkButton>}>
      The address may be from an older version, or part of it is missing.
    </EmptyState>
  );
}

export function RouteError({ error, reset }: ErrorComponentProps) {
  return (
    <div className="p-6">
      <ErrorNote error={error} retry={reset} />
    </div>
  );
}
