/** Chains as letters or FASTA: what was read of them, how long they are, and what they are made of. */
import { TextOrFile } from '../../../components/text-or-file.tsx';
import { StatusMark } from '../../../components/status.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { compositionOf, type CheckedSequence, type SequenceRules } from '../sequences.ts';

export interface SequenceSectionProps {
  readonly text: string;
  readonly sequences: readonly CheckedSequence[];
  readonly limits: SequenceRules;
  readonly change: (text: string) => void;
}

const SHOWN = 60;

export function SequenceSection({ text, sequences, limits, change }: SequenceSectionProps) {
  return (
    <div className="flex flex-col gap-3">
      <TextOrFile
        label="Sequences"
        accept=".fasta,.fa,.faa,.seq,.txt"
        value={text}
        change={(next) => change(next)}
        placeholder={
          'Letters of one chain, or FASTA.\n>ubiquitin\nMQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG'
        }
        help={`One sequence is one job; more are a batch.${limits.maxLength === undefined ? '' : ` The model takes up to ${formatCount(limits.maxLength)} residues.`}`}
      />
      <p aria-live="polite" className="text-ink-2 min-h-5">
        {sequences.length > 0 && sayRead(sequences)}
      </p>
      {sequences.length > 0 && (
        <div
          className="border-line thin-scroll max-h-80 overflow-auto rounded-md border"
          tabIndex={0}
          role="region"
          aria-label="Sequences that were read"
        >
          <table className="w-full text-left">
            <thead className="bg-surface-1 text-ink-2 sticky top-0 text-xs">
              <tr>
                <th className="w-14 px-2 py-1.5 text-right font-normal">Line</th>
                <th className="px-2 py-1.5 font-normal">Sequence</th>
                <th className="w-20 px-2 py-1.5 text-right font-normal">Residues</th>
                <th className="w-64 px-2 py-1.5 font-normal max-sm:hidden">Composition</th>
              </tr>
            </thead>
            <tbody>
              {sequences.slice(0, SHOWN).map((sequence) => (
                <Line key={sequence.line} sequence={sequence} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function sayRead(sequences: readonly CheckedSequence[]): string {
  const bad = sequences.filter(({ problem }) => problem !== undefined).length;
  return `${plural(sequences.length, 'sequence')} read${bad === 0 ? '' : `: ${formatCount(bad)} cannot be used`}`;
}

function Line({ sequence }: { readonly sequence: CheckedSequence }) {
  const { line, name, letters, problem, caveat } = sequence;
  return (
    <tr className="border-line border-t align-top">
      <td className="text-ink-2 px-2 py-1 text-right">{line}</td>
      <td className="max-w-0 px-2 py-1">
        <div className="truncate font-medium">{name ?? 'unnamed'}</div>
        <div className="text-ink-3 truncate font-mono text-xs">{letters}</div>
        {(problem ?? caveat) !== undefined && (
          <div className="text-warn flex items-center gap-1.5">
            <StatusMark status="rejected" /> {problem ?? caveat}
          </div>
        )}
      </td>
      <td className="px-2 py-1 text-right">{formatCount(letters.length)}</td>
      <td className="px-2 py-1 max-sm:hidden">
        <Composition letters={letters} />
      </td>
    </tr>
  );
}

/** The six most frequent letters with their shares. */
function Composition({ letters }: { readonly letters: string }) {
  const words = compositionOf(letters).map(([letter, share]) => `${letter} ${(100 * share).toFixed(0)} %`);
  return (
    <span className="text-ink-2 text-xs" title={words.join(', ')}>
      {words.slice(0, 6).join(', ')}
    </span>
  );
}
