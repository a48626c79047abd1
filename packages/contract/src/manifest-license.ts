/** What the licences of a model allow, and how to cite it. */
import { Type, type Static } from 'typebox';
import { UNKNOWN } from './manifest-source.ts';

const closed = { additionalProperties: false } as const;
const Text = Type.String({ minLength: 1, maxLength: 4_000 });

export const COMMERCIAL_USE = ['allowed', 'forbidden', 'unclear'] as const;

export const License = Type.Object(
  {
    code: Type.String({
      minLength: 1,
      maxLength: 4_000,
      description: 'Licence of the code, an SPDX identifier where there is one; `unknown` where it is not stated.',
    }),
    weights: Type.String({
      minLength: 1,
      maxLength: 4_000,
      description: 'Licence of the weights; `none` where the model has no weights, `unknown` where it is not stated.',
    }),
    commercialUse: Type.Optional(
      Type.Enum(COMMERCIAL_USE, {
        description:
          'Whether code and weights may be used commercially. When absent: `unclear` if the licence of either is `unknown`, else `allowed`. Anything but `allowed` is told at each submission.',
      }),
    ),
    note: Type.Optional(Text),
  },
  closed,
);
export type License = Static<typeof License>;

export const Citation = Type.Object(
  {
    text: Text,
    doi: Type.Optional(Type.String({ pattern: '^10\\.\\d{4,9}/\\S+$', maxLength: 200 })),
    bibtex: Type.Optional(
      Type.String({ pattern: '^@[a-z]+\\{', maxLength: 4_000, description: 'Exported with results; made from text and DOI when absent.' }),
    ),
  },
  closed,
);
export type Citation = Static<typeof Citation>;

/** What the licences allow, by the manifest's word or, where it has none, by what is known. */
export function commercialUseOf({ code, weights, commercialUse }: License): (typeof COMMERCIAL_USE)[number] {
  return commercialUse ?? (code === UNKNOWN || weights === UNKNOWN ? 'unclear' : 'allowed');
}

/** For people: `code MIT, weights unknown; whether it may be used commercially is unclear`. */
export function licenseText(license: License): string {
  const use = {
    allowed: 'may be used commercially',
    forbidden: 'may not be used commercially',
    unclear: 'whether it may be used commercially is unclear',
  }[commercialUseOf(license)];
  return `code ${license.code}, ${license.weights === 'none' ? 'no weights' : `weights ${license.weights}`}; ${use}`;
}

/** The sentence that a submission is answered with; undefined where nothing is to be said. */
export function licenseWarning(model: { readonly name: string; readonly license: License }): string | undefined {
  const { note, weights, code } = model.license;
  const commercialUse = commercialUseOf(model.license);
  if (commercialUse === 'allowed') return undefined;
  const terms = `code ${code}${weights === 'none' ? '' : `, weights ${weights}`}`;
  const what =
    commercialUse === 'forbidden'
      ? `${model.name} may not be used commercially (${terms}).`
      : `Whether ${model.name} may be used commercially is not clear (${terms}); ask its authors.`;
  return note === undefined ? what : `${what} ${note}`;
}

/** BibTeX of a model; its key is the model's id. */
export function bibtexOf(model: {
  readonly id: string;
  readonly name: string;
  readonly citation: Citation;
  readonly homepage: string;
}): string {
  const { bibtex, doi, text } = model.citation;
  if (bibtex !== undefined) return bibtex;
  const fields = [
    ['title', `{${escapeBibtex(model.name)}}`],
    ['note', escapeBibtex(text)],
    ...(doi === undefined ? [] : [['doi', doi]]),
    ['url', model.homepage],
  ];
  const lines = fields.map(([name, value]) => `  ${name ?? ''} = {${value ?? ''}}`);
  return `@misc{${model.id},\n${lines.join(',\n')}\n}`;
}

function escapeBibtex(text: string): string {
  return text.replaceAll(/[{}\\]/g, '').replaceAll(/[%&#$_]/g, (sign) => `\\${sign}`);
}
