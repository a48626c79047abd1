/** The dialects that requests of structure predictors can be written in, by the name that a manifest gives. */
import type { HttpDialect } from '@omtx/contract';
import { writeBoltzHosted } from './boltz-hosted.ts';
import { writeBoltzNim } from './boltz-nim.ts';
import type { DialectSource, Translation } from './translation.ts';

const DIALECTS: Readonly<Record<HttpDialect, (source: DialectSource) => Translation>> = {
  boltz_nim: writeBoltzNim,
  boltz_hosted: writeBoltzHosted,
};

/** @throws Untranslatable */
export function writeDialect(dialect: HttpDialect, source: DialectSource): Translation {
  return DIALECTS[dialect](source);
}
