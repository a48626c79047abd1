import { expect, test } from 'vitest';
import { bibtexOf, licenseWarning } from './manifest-license.ts';

const model = {
  id: 'fold',
  name: 'Fold & co',
  homepage: 'https://example.org',
  citation: { text: 'A. Smith 2020 {x}.', doi: '10.1000/1' },
};

test('a licence that forbids commercial use, or does not say, is told; one that allows it is not', () => {
  const told = (commercialUse?: 'allowed' | 'forbidden' | 'unclear') =>
    licenseWarning({
      name: 'Fold',
      license: { code: 'MIT', weights: 'CC-BY-NC-4.0', ...(commercialUse ? { commercialUse } : {}), note: 'See its page.' },
    });
  expect(told()).toBeUndefined();
  expect(told('allowed')).toBeUndefined();
  expect(told('forbidden')).toBe('Fold may not be used commercially (code MIT, weights CC-BY-NC-4.0). See its page.');
  expect(told('unclear')).toContain('is not clear (code MIT, weights CC-BY-NC-4.0); ask its authors.');
});

test("BibTeX is the manifest's own, else made of text, DOI and address, with signs of BibTeX escaped", () => {
  expect(bibtexOf({ ...model, citation: { text: 'A.', bibtex: '@article{x, title={A}}' } })).toBe('@article{x, title={A}}');
  expect(bibtexOf(model)).toBe(
    '@misc{fold,\n  title = {{Fold \\& co}},\n  note = {A. Smith 2020 x.},\n  doi = {10.1000/1},\n  url = {https://example.org}\n}',
  );
});
