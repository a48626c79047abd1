/** A library that is sent as a file: how far it is, what was found in it. */
import { Button } from '../../../components/button.tsx';
import { saveAs } from '../../../components/charts/export-chart.ts';
import { ErrorNote } from '../../../components/notes.tsx';
import { formatBytes, formatCount, plural } from '../../../lib/format.ts';
import type { UploadState } from '../api/use-upload.ts';
import type { DraftUpload } from '../draft.ts';

export interface UploadPanelProps {
  readonly draft: DraftUpload;
  readonly state: UploadState;
}

export function UploadPanel({ draft, state }: UploadPanelProps) {
  const { upload, file, error, remove } = state;
  return (
    <div className="border-line flex flex-col gap-2 rounded-md border p-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="min-w-0">
          <span className="block truncate font-medium">{draft.fileName}</span>
          <span className="text-ink-2" aria-live="polite">
            {sayState(state)}
          </span>
        </p>
        <Button onClick={remove}>{upload?.state === 'receiving' ? 'Stop' : 'Take it away'}</Button>
      </div>
      {(upload === undefined || upload.state === 'receiving') && (error === undefined || error === null) && (
        <progress
          className="accent-accent h-1.5 w-full"
          aria-label="Sent so far"
          max={1}
          value={shareOf(upload?.receivedBytes ?? 0, upload?.totalBytes ?? file?.size)}
        />
      )}
      {error !== undefined && error !== null && <ErrorNote error={error} />}
      {upload && upload.failure !== null && <p className="text-bad">{upload.failure}</p>}
      {upload?.contents && upload.contents.malformed > 0 && (
        <p className="text-warn flex flex-wrap items-center gap-2">
          {plural(upload.contents.malformed, 'record')} cannot be read and will be rejected.
          <Button icon="download" onClick={() => saveAs(problemsFile(upload.contents?.problems ?? []), 'unreadable-records.csv')}>
            {upload.contents.malformed > upload.contents.problems.length
              ? `The first ${formatCount(upload.contents.problems.length)}`
              : 'Which'}
          </Button>
        </p>
      )}
    </div>
  );
}

function sayState({ upload, file, error }: UploadState): string {
  if (error !== undefined && error !== null) return 'It did not arrive.';
  if (!upload) return file ? `Sending ${formatBytes(file.size)}` : 'Asking the hub for it';
  switch (upload.state) {
    case 'receiving':
      return `${formatBytes(upload.receivedBytes)} of ${formatBytes(upload.totalBytes ?? file?.size ?? upload.receivedBytes)} sent`;
    case 'reading':
      return `Sent; ${formatCount(upload.recordsRead)} records read so far`;
    case 'ready':
      return `${formatBytes(upload.receivedBytes)}, ${plural(upload.contents?.records ?? 0, 'record')}; kept on this hub for a week`;
    case 'failed':
      return 'The file cannot be used.';
    default:
      return upload.state satisfies never;
  }
}

function shareOf(received: number, total: number | null | undefined): number {
  return total === null || total === undefined || total === 0 ? 0 : Math.min(1, received / total);
}

function problemsFile(problems: readonly { readonly line: number; readonly code: string; readonly message: string }[]): Blob {
  const lines = problems.map(({ line, code, message }) => `${String(line)},${code},"${message.replaceAll('"', '""')}"`);
  return new Blob([['line,code,reason', ...lines].join('\r\n')], { type: 'text/csv' });
}
