/** What a log may show of a body: its shape. Texts that people would not want in a log are replaced by their length. */
const SECRET =
  /input|sequence|fasta|smiles|smarts|inchi|mol|pdb|cif|sdf|ligand|receptor|structure|content|library|similarTo|tables|notes|detail|message|instance|secret|token|password|key|signature/i;
const LONGEST_TEXT = 64;
const MOST_ITEMS = 3;
const DEEPEST = 5;

/** @param name of the field that holds the value */
export function redact(value: unknown, name = '', depth = 0): unknown {
  if (typeof value === 'string') return SECRET.test(name) || value.length > LONGEST_TEXT ? `[${String(value.length)} characters]` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEEPEST) return '[...]';
  if (Buffer.isBuffer(value)) return `[${String(value.length)} bytes]`;
  if (!Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([field, part]) => [field, redact(part, inherit(name, field), depth + 1)]));
  const shown = value.slice(0, MOST_ITEMS).map((item) => redact(item, name, depth + 1));
  return value.length > MOST_ITEMS ? [...shown, `[${String(value.length - MOST_ITEMS)} more]`] : shown;
}

/** What is inside of a ligand is as secret as the ligand. */
function inherit(name: string, field: string): string {
  return SECRET.test(name) ? name : field;
}
