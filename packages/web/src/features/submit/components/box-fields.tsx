/** Where to search: around a ligand of the structure, or a box by its numbers. */
import { Segmented } from '../../../components/segmented.tsx';
import { isObject } from '../../../lib/json-schema.ts';
import type { StructureSummary } from '../structure.ts';

export interface BoxFieldsProps {
  readonly summary: StructureSummary;
  readonly value: unknown;
  readonly change: (box: unknown) => void;
}

const EDGE = 22;
const KINDS = [
  ['ligand', 'Around a ligand'],
  ['hand', 'By hand'],
] as const;

export function BoxFields({ summary, value, change }: BoxFieldsProps) {
  const box = isObject(value) ? value : {};
  const kind = 'center' in box || summary.ligands.length === 0 ? 'hand' : 'ligand';
  const byHand = (center: readonly number[]) => change({ center, size: [EDGE, EDGE, EDGE] });
  const choose = (next: 'ligand' | 'hand'): void => {
    const [ligand] = summary.ligands;
    if (next === 'hand') byHand(ligand?.center ?? summary.center);
    else change(ligand && around(ligand.residueName));
  };
  const centre = numbersOf(box['center']);
  const size = numbersOf(box['size']);
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">Box</legend>
      {summary.ligands.length > 0 && <Segmented label="How the box is placed" choices={KINDS} value={kind} choose={choose} />}
      {kind === 'ligand' ? (
        <select
          aria-label="Ligand that the box is around"
          className="field"
          value={isObject(box['aroundLigand']) ? String(box['aroundLigand']['residueName']) : ''}
          onChange={({ target }) => change(target.value === '' ? undefined : around(target.value))}
        >
          <option value="">Choose a ligand</option>
          {[...new Map(summary.ligands.map((ligand) => [ligand.residueName, ligand])).values()].map(({ residueName, chain, atoms }) => (
            <option key={residueName} value={residueName}>
              {residueName} (chain {chain}, {atoms} atoms)
            </option>
          ))}
        </select>
      ) : centre && size ? (
        <>
          <Triple label="Centre, Å" value={centre} change={(center) => change({ center, size })} />
          <Triple label="Edges, Å (8 to 40)" value={size} change={(next) => change({ center: centre, size: next })} />
        </>
      ) : (
        <button type="button" className="text-accent self-start" onClick={() => byHand(summary.center)}>
          Place a box at the centre of the protein
        </button>
      )}
    </fieldset>
  );
}

function around(residueName: string) {
  return { aroundLigand: { residueName } };
}

function numbersOf(value: unknown): readonly number[] | undefined {
  return Array.isArray(value) && value.length === 3 ? value.map(Number) : undefined;
}

function Triple({
  label,
  value,
  change,
}: {
  readonly label: string;
  readonly value: readonly number[];
  readonly change: (value: readonly number[]) => void;
}) {
  return (
    <div className="flex items-center gap-2">
      <span className="text-ink-2 w-32 shrink-0">{label}</span>
      {['x', 'y', 'z'].map((axis, place) => (
        <input
          key={axis}
          type="number"
          step="0.5"
          aria-label={`${label} ${axis}`}
          className="field"
          value={value[place]}
          onChange={({ target }) => change(value.map((each, at) => (at === place ? Number(target.value) : each)))}
        />
      ))}
    </div>
  );
}
