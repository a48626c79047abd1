/** What will happen, in numbers that hold, and the button that makes it happen. */
import { OmtxProblem } from '@omtx/client';
import { Button } from '../../../components/button.tsx';
import { ErrorNote } from '../../../components/notes.tsx';
import { formatCount, formatDuration, plural } from '../../../lib/format.ts';
import { isObject } from '../../../lib/json-schema.ts';
import type { ModelAnswer } from '../../models/api/models.ts';
import type { CheckedLibrary, LibraryState } from '../api/use-library.ts';
import type { Draft } from '../draft.ts';

export interface SummaryProps {
  readonly draft: Draft;
  readonly model: ModelAnswer | undefined;
  readonly hasLigands: boolean;
  readonly library: LibraryState;
  readonly change: (part: Partial<Draft>) => void;
  readonly submit: () => void;
  readonly isSending: boolean;
  readonly error: unknown;
}

export function Summary({ draft, model, hasLigands, library, change, submit, isSending, error }: SummaryProps) {
  const missing = whatIsMissing(draft, hasLigands, library);
  const rows = library.library && expectedRows(library.library);
  return (
    <aside aria-label="Summary" className="panel xl:sticky xl:top-16">
      <h2 className="border-line border-b px-4 py-2 font-medium">Summary</h2>
      <div className="flex flex-col gap-3 p-4">
        <label className="flex flex-col gap-1">
          <span className="font-medium">Name</span>
          <input
            className="field"
            value={draft.name}
            maxLength={200}
            placeholder="COX-2 screen"
            onChange={({ target }) => change({ name: target.value })}
          />
        </label>
        {hasLigands && rows && <Counts rows={rows} model={model} />}
        {missing.length > 0 && (
          <ul className="text-ink-2 list-disc pl-5">
            {missing.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        )}
        <p className="text-ink-2">It runs on this hub and its workers.</p>
        {error !== null && error !== undefined && <Refusal error={error} />}
        <Button kind="primary" className="!min-h-9" onClick={submit} disabled={missing.length > 0 || library.isReading || isSending}>
          {isSending ? 'Sending' : buttonWords(rows, hasLigands)}
        </Button>
      </div>
    </aside>
  );
}

interface ExpectedRows {
  readonly total: number;
  readonly rejected: number;
  readonly repeated: number;
  readonly running: number;
  readonly isEstimate: boolean;
}

function expectedRows({ reading, rejected, repeated, records }: CheckedLibrary): ExpectedRows {
  const scale = reading.isSample ? reading.total / Math.max(1, records.length) : 1;
  const [bad, same] = [Math.round(rejected * scale), Math.round(repeated * scale)];
  return { total: reading.total, rejected: bad, repeated: same, running: reading.total - bad - same, isEstimate: reading.isSample };
}

function Counts({ rows, model }: { readonly rows: ExpectedRows; readonly model: ModelAnswer | undefined }) {
  const about = rows.isEstimate ? 'about ' : '';
  const seconds = typeof model?.timing['rowSeconds'] === 'number' ? model.timing['rowSeconds'] * rows.running : undefined;
  return (
    <div aria-live="polite">
      <p>
        {rows.total === 1
          ? 'This is one job.'
          : `This becomes a batch of ${formatCount(rows.total)} (${about}${plural(rows.repeated, 'duplicate')}, ${about}${formatCount(rows.rejected)} rejected).`}
      </p>
      {rows.isEstimate && (
        <p className="text-ink-2">The duplicates and rejected rows are an estimate from a sample of 2,000; the hub checks every row.</p>
      )}
      {seconds !== undefined && seconds > 0 && (
        <p className="text-ink-2">At most {formatDuration(seconds)} of computing at default settings.</p>
      )}
    </div>
  );
}

function buttonWords(rows: ExpectedRows | undefined, hasLigands: boolean): string {
  if (!hasLigands || !rows) return 'Run';
  if (rows.total === 1) return 'Run 1 ligand';
  return rows.isEstimate ? `Run about ${formatCount(rows.running)} ligands` : `Run ${plural(rows.running, 'ligand')}`;
}

function whatIsMissing(draft: Draft, hasLigands: boolean, { library }: LibraryState): readonly string[] {
  const receptor = draft.shared['receptor'];
  const hasTarget = isObject(receptor) ? Object.values(receptor).some((value) => value !== '') : Object.keys(draft.shared).length > 0;
  const needsBox = isObject(receptor) && !('dockstring' in receptor) && draft.shared['box'] === undefined;
  return [
    ...(draft.name.trim() === '' ? ['Give it a name.'] : []),
    ...(hasTarget ? [] : ['Choose a target.']),
    ...(hasTarget && needsBox ? ['Place the box.'] : []),
    ...(hasLigands && (library === undefined || library.reading.total === 0) ? ['Give at least one ligand.'] : []),
    ...(library && library.reading.total > 0 && library.rejected === library.records.length ? ['None of the ligands can be used.'] : []),
    ...(library?.reading.problem === undefined ? [] : ['Choose the column of the SMILES.']),
  ];
}

function Refusal({ error }: { readonly error: unknown }) {
  return (
    <div>
      <ErrorNote error={error} />
      {error instanceof OmtxProblem && error.problem.errors.length > 0 && (
        <ul className="text-bad mt-2 list-disc pl-5">
          {error.problem.errors.slice(0, 8).map(({ pointer, detail }) => (
            <li key={pointer + detail} className="break-words">
              <code className="font-mono text-xs">{pointer}</code> {detail}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
