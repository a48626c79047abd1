/** The first row of a table of the operator's. */
export function HeadRow({ names, figures = [] }: { readonly names: readonly string[]; readonly figures?: readonly string[] }) {
  return (
    <thead className="text-ink-2 text-xs">
      <tr className="border-line border-b">
        {names.map((name) => (
          <th key={name} className={`px-3 py-2 font-normal ${figures.includes(name) ? 'text-right' : ''}`}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
