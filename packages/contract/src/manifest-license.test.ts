import { expect, test } from 'vitest';
import { bibtexOf, commercialUseOf, licenseText, licenseWarning } from './manifest-license.ts';

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

test('a licence that nobody knows is unclear, whatever the other one says, and no weights need no licence', () => {
  expect(commercialUseOf({ code: 'MIT', weights: 'unknown' })).toBe('unclear');
  expect(commercialUseOf({ code: 'unknown', weights: 'none' })).toBe('unclear');
  expect(commercialUseOf({ code: 'MIT', weights: 'none' })).toBe('allowed');
  expect(licenseWarning({ name: 'Fold', license: { code: 'MIT', weights: 'unknown' } })).toBe(
    'Whether Fold may be used commercially is not clear (code MIT, weights unknown); ask its authors.',
  );
  expect(licenseText({ code: 'MIT', weights: 'none' })).toBe('code MIT, no weights; may be used commercially');
});

test("BibTeX is the manifest's own, else made of text, DOI and address, with signs of BibTeX escaped", () => {
  expect(bibtexOf({ ...model, citation: { text: 'A.', bibtex: '@article{x, title={A}}' } })).toBe('@article{x, title={A}}');
  expect(bibtexOf(model)).toBe(
    '@misc{fold,\n  title = {{Fold \\& co}},\n  note = {A. Smith 2020 x.},\n  doi = {10.1000/1},\n  url = {https://example.org}\n}',
  );
});
