/** What the 3D view shows of a row: the job's receptor, the row's poses, contacts between them, the box. */
import type { ArtifactView, JobDetail, RowDetail } from '@omtx/contract';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { SceneBox, SceneContent, StructureText } from '../../../components/mol-view/scene.ts';
import type { Segment } from '../../../components/mol-view/shapes.ts';
import { useIsDark } from '../../../lib/preferences.ts';
import { readPdbAtoms, readSdfAtoms, splitSdf, type Atom } from '../../../lib/structure/atoms.ts';
import { boundsOf, findContacts, type Contacts } from '../../../lib/structure/contacts.ts';
import { fileByRole, fileQuery } from './files.ts';

export interface SceneChoices {
  readonly hasSurface: boolean;
  readonly hasBox: boolean;
  readonly hasContacts: boolean;
  /** Places of the poses that are shown, from 0; the best where absent. */
  readonly poses?: readonly number[];
}

export interface RowScene {
  readonly content: SceneContent;
  readonly contacts: Contacts | undefined;
  /** Whether there is anything to show in 3D. */
  readonly hasStructure: boolean;
}

const NONE: Contacts = { contacts: [], pocket: [], polarPairs: [] };

function formatOf({ mediaType, name }: ArtifactView): StructureText['format'] {
  if (/mmcif|cif/.test(mediaType) || name.endsWith('.cif')) return 'mmcif';
  return /sdf|mol/.test(mediaType) || name.endsWith('.sdf') ? 'sdf' : 'pdb';
}

/** @param others further rows whose best pose is laid over */
export function useRowScene(
  job: JobDetail,
  row: RowDetail | undefined,
  choices: SceneChoices,
  others: readonly RowDetail[] = [],
): RowScene {
  const isDark = useIsDark();
  const targetFile =
    fileByRole(job.artifacts, 'receptor') ?? fileByRole(job.artifacts, 'prepared_receptor') ?? fileByRole(row?.artifacts, 'structure');
  const wantsAll = choices.poses !== undefined && choices.poses.some((place) => place > 0);
  const poseFile = fileByRole(row?.artifacts, wantsAll ? 'poses' : 'best_pose');
  const target = useQuery(fileQuery(targetFile));
  const box = useQuery(fileQuery(fileByRole(job.artifacts, 'box')));
  const pose = useQuery({ ...fileQuery(poseFile), placeholderData: (before) => before });
  const overlays = useQueries({ queries: others.map((other) => fileQuery(fileByRole(other.artifacts, 'best_pose'))) });
  const overlayTexts = overlays.map(({ data }) => data ?? '').join('\u0000');
  const targetAtoms = useMemo(
    () => (target.data !== undefined && targetFile && formatOf(targetFile) === 'pdb' ? readPdbAtoms(target.data) : []),
    [target.data, targetFile?.sha256],
  );
  const poseKey = `${poseFile?.sha256 ?? ''} ${(choices.poses ?? [0]).join()}`;
  const poseTexts = useMemo(() => (pose.data === undefined ? [] : chosenPoses(pose.data, choices.poses)), [pose.data, poseKey]);
  const atoms = useMemo(() => readSdfAtoms(poseTexts[0] ?? ''), [poseTexts]);
  const contacts = useMemo(
    () => (targetAtoms.length > 0 && atoms.length > 0 ? findContacts(targetAtoms, atoms) : undefined),
    [targetAtoms, atoms],
  );
  const content = useMemo((): SceneContent => {
    const overlaid = overlayTexts.split('\u0000').filter((text) => text !== '');
    const poses = [...poseTexts, ...overlaid].map((text) => ({
      key: `${String(text.length)}-${digestOf(text)}`,
      text,
      format: 'sdf' as const,
    }));
    return {
      target:
        target.data !== undefined && targetFile ? { key: targetFile.sha256, text: target.data, format: formatOf(targetFile) } : undefined,
      poses,
      pocket: choices.hasContacts ? (contacts ?? NONE).pocket : [],
      polar: choices.hasContacts
        ? (contacts ?? NONE).polarPairs.map(({ ligand, protein }): Segment => [pointOf(ligand), pointOf(protein)])
        : [],
      box: choices.hasBox ? readBox(box.data) : undefined,
      hasSurface: choices.hasSurface,
      isDark,
      focus: focusOf(atoms, poseFile?.sha256),
    };
  }, [
    target.data,
    targetFile?.sha256,
    poseTexts,
    overlayTexts,
    contacts,
    atoms,
    box.data,
    choices.hasSurface,
    choices.hasBox,
    choices.hasContacts,
    isDark,
    poseFile?.sha256,
  ]);
  return { content, contacts, hasStructure: targetFile !== undefined };
}

function chosenPoses(text: string, places: readonly number[] | undefined): readonly string[] {
  const all = splitSdf(text);
  return places === undefined ? all.slice(0, 1) : places.flatMap((place) => all[place] ?? []);
}

function pointOf({ x, y, z }: Atom): readonly [number, number, number] {
  return [x, y, z];
}

/** Looks at the pocket of the first pose; the camera stays there while one moves from ligand to ligand in one pocket. */
function focusOf(atoms: readonly Atom[], key: string | undefined): SceneContent['focus'] {
  if (atoms.length === 0 || key === undefined) return undefined;
  const { min, max } = boundsOf(atoms, 3);
  return {
    key,
    center: [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2, (min[2] + max[2]) / 2],
    radius: Math.max(6, (0.9 * Math.hypot(max[0] - min[0], max[1] - min[1], max[2] - min[2])) / 2),
  };
}

function readBox(text: string | undefined): SceneBox | undefined {
  if (text === undefined) return undefined;
  const { center, size }: Partial<Record<'center' | 'size', unknown>> = JSON.parse(text);
  return isPoint(center) && isPoint(size) ? { center, size } : undefined;
}

function isPoint(value: unknown): value is readonly [number, number, number] {
  return Array.isArray(value) && value.length === 3 && value.every((each) => typeof each === 'number');
}

/** Enough to tell the poses of one screen apart. */
function digestOf(text: string): string {
  let hash = 5381;
  for (let place = 0; place < text.length; place++) hash = (hash * 33 + text.charCodeAt(place)) | 0;
  return (hash >>> 0).toString(36);
}
