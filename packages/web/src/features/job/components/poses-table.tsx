import { cx } from '../../../components/class-names.ts';
import { formatNumber } from '../../../lib/format.ts';

export interface PosesTableProps {
  readonly poses: readonly Readonly<Record<string, unknown>>[];
  /** Places of the poses that are shown in 3D, and how to change them; a plain table where absent. */
  readonly shown?: readonly number[];
  readonly toggle?: (place: number) => void;
}

export function PosesTable({ poses, shown, toggle }: PosesTableProps) {
  return (
    <table className="w-full">
      <thead>
        <tr className="text-ink-3 text-xs">
          {toggle && <th className="w-8 text-left font-normal">3D</th>}
          <th className="text-left font-normal">pose</th>
          <th className="text-right font-normal">kcal/mol</th>
          <th className="text-right font-normal" title="RMSD to the best pose, lower bound">
            RMSD, Å
          </th>
        </tr>
      </thead>
      <tbody>
        {poses.map((pose, place) => (
          <tr key={place} className={cx(place === 0 && 'font-semibold')}>
            {toggle && (
              <td>
                <input
                  type="checkbox"
                  checked={shown?.includes(place) ?? false}
                  onChange={() => toggle(place)}
                  aria-label={`Show pose ${String(place + 1)}`}
                  className="accent-accent"
                />
              </td>
            )}
            <td>{place + 1}</td>
            <td className="text-right">{numberText(pose['docking_score'])}</td>
            <td className="text-right">{numberText(pose['rmsd_lower'])}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function numberText(value: unknown): string {
  return typeof value === 'number' ? formatNumber(value, 2) : '—';
}
