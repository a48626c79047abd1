import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { buttonClass } from '../components/button.tsx';
import { EmptyState, ErrorNote } from '../components/notes.tsx';

export function NotFoundPage() {
  return (
    <EmptyState
      title="There is no such page"
      action={
        <Link to="/" className={buttonClass('plain')}>
          Go to Home
        </Link>
      }
    >
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
