/** Models, with their environments, weights and programs: what runs here, what could, and what is missing for it. */
import type { Manifest } from '@omtx/contract';
import { findPython } from '../catalog/environments/find-python.ts';
import { manifestOf, type ModelState, type Registry } from '../catalog/registry.ts';
import { messageOf, type Finding } from './finding.ts';

/** Models that run here or could; those of which only the card is known are counted. */
export async function modelFindings({ models, broken }: Registry): Promise<readonly Finding[]> {
  const isCard = (state: ModelState): boolean => state.kind === 'not_installed' && manifestOf(state).runner.kind === 'none';
  const states = [...models.values()];
  const cards = states.filter(isCard).length;
  const missingPython = lookForPythons();
  return [
    ...(await Promise.all(states.filter((state) => !isCard(state)).map((state) => modelFinding(state, missingPython)))),
    ...(cards === 0 ? [] : [{ state: 'note' as const, what: 'models that run elsewhere only', found: String(cards) }]),
    ...broken.map(({ folder, reasons }): Finding => ({
      state: 'missing',
      what: `model folder ${folder}`,
      found: 'broken',
      remedy: reasons.join('; '),
    })),
  ];
}

async function modelFinding(state: ModelState, missingPython: (manifest: Manifest) => Promise<string | undefined>): Promise<Finding> {
  const manifest = manifestOf(state);
  const what = `model ${manifest.id} ${manifest.version}`;
  switch (state.kind) {
    case 'installed':
      return { state: 'ok', what, found: 'installed' };
    case 'offered':
      return { state: 'ok', what, found: 'offered by workers elsewhere' };
    case 'disabled':
      return { state: 'note', what, found: 'disabled', remedy: `${state.reason} "omtx models enable ${manifest.id}" switches it on.` };
    case 'not_installed': {
      // Models that come with the hub must run; the others are there when somebody asks for them.
      const isExpected = manifest.runner.kind === 'process' && manifest.install !== 'on_request' && manifest.requires === undefined;
      return {
        state: isExpected ? 'missing' : 'note',
        what,
        found: 'not installed',
        remedy: (await missingPython(manifest)) ?? state.remedy,
      };
    }
    default:
      return state satisfies never;
  }
}

/** Each version is looked for once, however many models want it. */
function lookForPythons(): (manifest: Manifest) => Promise<string | undefined> {
  const faults = new Map<string, Promise<string | undefined>>();
  const faultOf = (version: string): Promise<string | undefined> => {
    const known = faults.get(version) ?? findPython(version).then(() => undefined, messageOf);
    faults.set(version, known);
    return known;
  };
  return async ({ environments }) => (await Promise.all(Object.values(environments).map(({ python }) => faultOf(python)))).find(Boolean);
}
