import { EmptyState } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';

export function SubmitPage() {
  return (
    <>
      <PageHead title="Submit" />
      <EmptyState title="Submit by the command line or the API">
        Run <code className="font-mono">npm run omtx -- submit --help</code>, or see <code className="font-mono">POST /api/v4/jobs</code> at
        /docs.
      </EmptyState>
    </>
  );
}
