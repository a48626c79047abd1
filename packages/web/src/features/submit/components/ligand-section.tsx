/** Ligands as text or file, and what was read of them: pictures, notes, and each bad row with its reason. */
import { useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { saveAs } from '../../../components/charts/export-chart.ts';
import { MoleculePicture } from '../../../components/molecule-picture.tsx';
import { Segmented } from '../../../components/segmented.tsx';
import { StatusMark } from '../../../components/status.tsx';
import { formatCount } from '../../../lib/format.ts';
import type { CheckedLibrary, CheckedRecord, LibraryState } from '../api/use-library.ts';
import { mustBeSent, type UploadState } from '../api/use-upload.ts';
import type { DraftUpload } from '../draft.ts';
import type { LibraryChoices, LibraryFormat } from '../library.ts';
import { UploadPanel } from './upload-panel.tsx';
import { TextOrFile } from '../../../components/text-or-file.tsx';

export interface LigandSectionProps {
  readonly text: string;
  readonly choices: LibraryChoices;
  readonly state: LibraryState;
  readonly upload: DraftUpload | undefined;
  readonly uploadState: UploadState;
  readonly change: (part: Partial<LibraryChoices> & { readonly ligands?: string }) => void;
}

const SHOWN = 60;

export function LigandSection({ text, choices, state, upload, uploadState, change }: LigandSectionProps) {
  const { library, isReading } = state;
  const put = (ligands: string, fileName?: string) =>
    change({ ligands, format: formatOfName(fileName), smilesColumn: undefined, nameColumn: undefined });
  const takeFile = (file: File): boolean => {
    if (mustBeSent(file)) uploadState.send(file);
    return mustBeSent(file);
  };
  return (
    <div className="flex flex-col gap-3">
      {upload ? (
        <UploadPanel draft={upload} state={uploadState} />
      ) : (
        <TextOrFile
          label="Ligands"
          accept=".csv,.tsv,.smi,.smiles,.sdf,.txt,.gz"
          value={text}
          change={put}
          takeFile={takeFile}
          placeholder={'One SMILES a line with a name behind it, a CSV with a SMILES column, or an SDF.\nCC(=O)Oc1ccccc1C(=O)O aspirin'}
          help="One ligand is one job; more are a batch. CSV, SMI or SDF, plain or gzip, up to a million rows; drop a file here."
        />
      )}
      {library && library.reading.columns.length > 0 && <Columns library={library} choices={choices} change={change} />}
      {library?.reading.problem !== undefined && <p className="text-bad">{library.reading.problem}</p>}
      <div aria-live="polite" className="text-ink-2 min-h-5">
        {isReading ? 'Reading the ligands' : library && sayRead(library)}
      </div>
      {library && library.records.length > 0 && <Preview library={library} />}
    </div>
  );
}

function formatOfName(name: string | undefined): LibraryFormat | undefined {
  const ending = name?.split('.').at(-1)?.toLowerCase();
  if (ending === 'csv' || ending === 'tsv') return 'csv';
  if (ending === 'sdf') return 'sdf';
  return ending === 'smi' || ending === 'smiles' ? 'smi' : undefined;
}

export function sayRead({ reading, rejected, repeated }: CheckedLibrary): string {
  if (reading.isHead) return `${formatCount(reading.total)} read by the hub; the first ${formatCount(reading.records.length)} are shown`;
  if (!reading.isSample)
    return `${formatCount(reading.total)} read as ${reading.format.toUpperCase()}: ${formatCount(rejected)} cannot be used, ${formatCount(repeated)} repeat another`;
  return `${formatCount(reading.total)} read as ${reading.format.toUpperCase()}; of a sample of ${formatCount(reading.records.length)}, ${formatCount(rejected)} cannot be used and ${formatCount(repeated)} repeat another`;
}

function Columns({
  library,
  change,
}: {
  readonly library: CheckedLibrary;
  readonly choices: LibraryChoices;
  readonly change: LigandSectionProps['change'];
}) {
  const { columns, smilesColumn, nameColumn } = library.reading;
  const choice = (label: string, value: string | undefined, set: (column: string | undefined) => void) => (
    <label className="flex items-center gap-2">
      <span className="text-ink-2">{label}</span>
      <select className="field !w-auto" value={value ?? ''} onChange={({ target }) => set(target.value === '' ? undefined : target.value)}>
        <option value="">none</option>
        {columns.map((column) => (
          <option key={column}>{column}</option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="flex flex-wrap gap-4">
      {choice('SMILES in', smilesColumn, (column) => change({ smilesColumn: column }))}
      {choice('Name in', nameColumn, (column) => change({ nameColumn: column }))}
    </div>
  );
}

const KINDS = [
  ['all', 'All'],
  ['rejected', 'Cannot be used'],
  ['same', 'Repeated'],
] as const;
type Kind = (typeof KINDS)[number][0];

function Preview({ library }: { readonly library: CheckedLibrary }) {
  const [kind, setKind] = useState<Kind>('all');
  const fits = ({ reason, sameAs }: CheckedRecord) => kind === 'all' || (kind === 'rejected' ? reason !== undefined : sameAs !== undefined);
  const fitting = library.records.filter(fits);
  return (
    <div>
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <Segmented label="Which ligands are shown" choices={KINDS} value={kind} choose={setKind} />
        {library.rejected > 0 && (
          <Button icon="download" onClick={() => saveAs(rejectedFile(library), 'rejected-ligands.csv')}>
            Rejected rows
          </Button>
        )}
      </div>
      <div
        className="border-line thin-scroll max-h-96 overflow-auto rounded-md border"
        tabIndex={0}
        role="region"
        aria-label="Ligands that were read"
      >
        <table className="w-full text-left">
          <thead className="bg-surface-1 text-ink-2 sticky top-0 text-xs">
            <tr>
              <th className="w-14 px-2 py-1.5 text-right font-normal">Line</th>
              <th className="w-28 px-2 py-1.5 font-normal">Structure</th>
              <th className="px-2 py-1.5 font-normal">Ligand</th>
              <th className="w-56 px-2 py-1.5 font-normal">Note</th>
            </tr>
          </thead>
          <tbody>
            {fitting.slice(0, SHOWN).map((record) => (
              <Line key={record.line} record={record} />
            ))}
          </tbody>
        </table>
      </div>
      {fitting.length > SHOWN && (
        <p className="text-ink-3 mt-1">
          The first {SHOWN} of {formatCount(fitting.length)}.
        </p>
      )}
    </div>
  );
}

function Line({ record }: { readonly record: CheckedRecord }) {
  const { line, name, molecule, reason, sameAs, note, canonical } = record;
  return (
    <tr className="border-line border-t">
      <td className="text-ink-2 px-2 text-right">{line}</td>
      <td className="h-11 px-2">
        {reason === undefined && <MoleculePicture smiles={canonical ?? molecule} width={92} height={42} name={name} />}
      </td>
      <td className="max-w-0 px-2">
        <div className="truncate font-medium">{name ?? ''}</div>
        <div className="text-ink-3 truncate font-mono text-xs">{molecule.split('\n')[0]}</div>
      </td>
      <td className="px-2">
        {reason !== undefined ? (
          <span className="text-warn flex items-center gap-1.5">
            <StatusMark status="rejected" /> {reason}
          </span>
        ) : sameAs !== undefined ? (
          <span className="text-ink-2 flex items-center gap-1.5">
            <StatusMark status="reused" /> same as line {sameAs}
          </span>
        ) : (
          <span className="text-ink-2">{note}</span>
        )}
      </td>
    </tr>
  );
}

function rejectedFile({ records }: CheckedLibrary): Blob {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = records.flatMap(({ line, name, molecule, reason }) =>
    reason === undefined ? [] : [[String(line), quote(name ?? ''), quote(molecule), quote(reason)].join(',')],
  );
  return new Blob([['line,name,molecule,reason', ...lines].join('\r\n')], { type: 'text/csv' });
}
