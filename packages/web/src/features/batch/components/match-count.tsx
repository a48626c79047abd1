/** How far a search by structure is, while it runs. */
import { useQuery } from '@tanstack/react-query';
import { matchesQuery } from '../api/matches.ts';

interface Props {
  readonly jobId: string;
  readonly substructure: string | undefined;
  readonly similarTo: string | undefined;
}

export function MatchCount({ jobId, substructure, similarTo }: Props) {
  const { data } = useQuery(matchesQuery(jobId, { substructure, similarTo }));
  if (data === undefined || data.isDone) return null;
  return (
    <span role="status" className="text-ink-2 text-sm tabular-nums">
      {data.matching.toLocaleString('en')} found in {data.examined.toLocaleString('en')} of {data.total.toLocaleString('en')}
    </span>
  );
}
