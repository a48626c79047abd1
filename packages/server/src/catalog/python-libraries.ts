/** Folders of Python packages that model workers may import beside their own environment. */
import { delimiter, join } from 'node:path';

const PACKAGES = join(import.meta.dirname, '..', '..', '..');

/** As in PYTHONPATH: the worker side of the protocol, and what several models share of chemistry and of programs that they drive. */
export const PYTHON_LIBRARIES = ['worker-python', 'chemistry-python', 'adapter-python'].map((name) => join(PACKAGES, name)).join(delimiter);
