/** A store for what reads and stores no file, such as the description of the API. */
import type { ArtifactStore } from './artifact-store.ts';

function refuse(): never {
  throw new Error('there is no store of files here');
}

export const NO_ARTIFACTS: ArtifactStore = {
  putFile: refuse,
  put: refuse,
  open: refuse,
  openRange: refuse,
  sizeOf: refuse,
  linkTo: refuse,
  delete: refuse,
  list: refuse,
};
