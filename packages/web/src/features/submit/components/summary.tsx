/** What will happen, in numbers that hold, and the button that makes it happen. */
import { OmtxProblem } from '@omtx/client';
import type { Quote } from '@omtx/contract';
import { Button } from '../../../components/button.tsx';
import { ErrorNote, Skeleton } from '../../../components/notes.tsx';
import { formatCount, formatDuration, plural } from '../../../lib/format.ts';
import type { ModelAnswer } from '../../models/api/models.ts';
import type { RowsState } from '../api/use-rows.ts';
import type { Draft } from '../draft.ts';
import type { ExpectedRows } from '../expected-rows.ts';
import type { RowsKind } from '../task-shape.ts';

export interface SummaryProps {
  readonly draft: Draft;
  readonly model: ModelAnswer | undefined;
  readonly rows: RowsState;
  readonly change: (part: Partial<Draft>) => void;
  readonly submit: () => void;
  readonly isSending: boolean;
  readonly error: unknown;
}

export function Summary({ draft, model, rows, change, submit, isSending, error }: SummaryProps) {
  const { missing, expected, quote, library } = rows;
  const refusal = error ?? quote.error;
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
        {expected && <Counts rows={expected} targets={1 + draft.moreTargets.length} />}
        {quote.quote && quote.quote.rejected.length > 0 && <Rejected quote={quote.quote} />}
        {quote.isAsking ? <Skeleton width="80%" /> : quote.quote && <Takes quote={quote.quote} model={model} />}
        {missing.length > 0 && (
          <ul className="text-ink-2 list-disc pl-5">
            {missing.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        )}
        <p className="text-ink-2">It runs on this hub and its workers.</p>
        {refusal !== null && refusal !== undefined && <Refusal error={refusal} />}
        <Button kind="primary" className="!min-h-9" onClick={submit} disabled={missing.length > 0 || library.isReading || isSending}>
          {isSending ? 'Sending' : buttonWords(draft, expected, rows.shape?.rows)}
        </Button>
      </div>
    </aside>
  );
}

function Counts({ rows, targets }: { readonly rows: ExpectedRows; readonly targets: number }) {
  return (
    <div aria-live="polite">
      <p>{countWords(rows)}</p>
      {rows.precision === 'estimate' && (
        <p className="text-ink-2">
          An estimate: rejected rows from a sample of 2,000, duplicates from equal text. The hub checks every row when it runs.
        </p>
      )}
      {rows.precision === 'unchecked' && rows.total > 1 && <p className="text-ink-2">The hub checks every row when it runs.</p>}
      {targets > 1 && <p>{plural(targets, 'job')}, one for each target.</p>}
    </div>
  );
}

function countWords({ total, repeated, rejected, precision }: ExpectedRows): string {
  if (total === 1) return 'This is one job.';
  if (precision === 'unchecked') return `This becomes a batch of ${formatCount(total)}.`;
  const about = precision === 'estimate' ? 'about ' : '';
  return `This becomes a batch of ${formatCount(total)} (${about}${plural(repeated, 'duplicate')}, ${about}${formatCount(rejected)} rejected).`;
}

/** Rows that the hub would refuse; what the page itself found is in the table of the rows. */
function Rejected({ quote }: { readonly quote: Quote }) {
  return (
    <details>
      <summary className="text-accent cursor-pointer">Why {formatCount(quote.rows.rejected)} would be rejected</summary>
      <ul className="thin-scroll text-ink-2 mt-1 max-h-48 overflow-auto">
        {quote.rejected.map(({ index, line, name, message }) => (
          <li key={index} className="break-words">
            {line === null ? `Row ${String(index)}` : `Line ${String(line)}`}
            {name === null ? '' : `, ${name}`}: {message}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** The quote, as the hub gave it. */
function Takes({ quote, model }: { readonly quote: Quote; readonly model: ModelAnswer | undefined }) {
  const { seconds, secondsLow, secondsHigh, slots, basis, cpuSeconds, gpuSeconds, runs } = quote;
  const spread =
    secondsLow === null || secondsHigh === null || formatDuration(secondsLow) === formatDuration(secondsHigh)
      ? ''
      : ` (${formatDuration(secondsLow)} to ${formatDuration(secondsHigh)})`;
  return (
    <div className="text-ink-2">
      {runs > 0 && (
        <p className="text-ink-1">
          About {formatDuration(seconds)}
          {spread} {slots === 0 ? 'once a worker offers the model' : `on ${plural(slots, 'slot')}`}.
        </p>
      )}
      {runs > 0 && (
        <p>
          {formatDuration(cpuSeconds)} of CPU{gpuSeconds > 0 ? `, ${formatDuration(gpuSeconds)} of GPU` : ''},{' '}
          {basis === 'measured' ? 'from runs here' : `as ${model?.name ?? 'the model'} says of itself`}.
        </p>
      )}
      {slots === 0 && <p className="text-warn">No worker offers this model now; the job waits for one.</p>}
      {quote.warnings.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
    </div>
  );
}

const ROW_WORDS = { ligands: 'ligand', sequences: 'sequence', form: 'row' } as const;

function buttonWords({ moreTargets, rowsOf }: Draft, rows: ExpectedRows | undefined, kind: RowsKind | undefined): string {
  if (!rows || kind === undefined || kind === 'form') return 'Run';
  const word = rowsOf ? 'row' : ROW_WORDS[kind];
  const targets = moreTargets.length === 0 ? '' : ` in ${String(1 + moreTargets.length)} targets`;
  return `Run ${rows.precision === 'exact' || rows.total === 1 ? '' : 'about '}${plural(rows.running, word)}${targets}`;
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
