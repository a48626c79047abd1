/** The target of a docking task: a prepared one by name, or a structure with its chains and the box. Other tasks: the form of the schema. */
import { lazy, Suspense, useMemo } from 'react';
import { Field } from '../../../components/field.tsx';
import type { SceneBox, SceneContent } from '../../../components/mol-view/scene.ts';
import { SchemaForm, type Values } from '../../../components/schema-form.tsx';
import { Segmented } from '../../../components/segmented.tsx';
import { isObject, propertiesOf, propertyOfOneOf, textOf, type Schema } from '../../../lib/json-schema.ts';
import { useIsDark } from '../../../lib/preferences.ts';
import { summarizePdb, type StructureSummary } from '../structure.ts';
import { BoxFields } from './box-fields.tsx';
import { TextOrFile } from '../../../components/text-or-file.tsx';

const MolView = lazy(() => import('../../../components/mol-view/mol-view.tsx').then((module) => ({ default: module.MolView })));

export interface TargetSectionProps {
  readonly schema: Schema;
  readonly values: Values;
  readonly change: (values: Values) => void;
  readonly moreTargets: readonly string[];
  readonly changeMore: (targets: readonly string[]) => void;
}

type Source = 'dockstring' | 'pdb' | 'pdbqt';

const SOURCES = [
  ['dockstring', 'Prepared target'],
  ['pdb', 'PDB'],
  ['pdbqt', 'PDBQT'],
] as const satisfies readonly (readonly [Source, string])[];

export function TargetSection(props: TargetSectionProps) {
  const { receptor } = propertiesOf(props.schema);
  const { schema, values, change } = props;
  return propertyOfOneOf(receptor, 'pdb') === undefined ? (
    <SchemaForm schema={schema} values={values} change={change} />
  ) : (
    <ReceptorSection {...props} />
  );
}

function ReceptorSection({ schema, values, change, moreTargets, changeMore }: TargetSectionProps) {
  const receptor = isObject(values['receptor']) ? values['receptor'] : {};
  const source: Source = 'pdb' in receptor ? 'pdb' : 'pdbqt' in receptor ? 'pdbqt' : 'dockstring';
  const choose = (next: Source): void => {
    change(next === source ? values : { receptor: { [next]: '' } });
    if (next !== 'dockstring') changeMore([]);
  };
  return (
    <div className="flex flex-col gap-3">
      <Segmented label="Where the target comes from" choices={SOURCES} value={source} choose={choose} />
      {source === 'dockstring' ? (
        <PreparedTarget schema={schema} receptor={receptor} change={change} moreTargets={moreTargets} changeMore={changeMore} />
      ) : (
        <StructureTarget source={source} receptor={receptor} values={values} change={change} />
      )}
    </div>
  );
}

function PreparedTarget({
  schema,
  receptor,
  change,
  moreTargets,
  changeMore,
}: Omit<TargetSectionProps, 'values'> & { readonly receptor: Values }) {
  const listed = propertyOfOneOf(propertiesOf(schema)['receptor'], 'dockstring')?.['enum'];
  const names = Array.isArray(listed) ? listed.map(String) : [];
  const chosen = textOf(receptor['dockstring']) ?? '';
  return (
    <div className="flex flex-col gap-3">
      <Field
        label="Target"
        className="max-w-sm"
        help="A prepared receptor with its box: PTGS2 is COX-2, F10 factor Xa, ESR1 the oestrogen receptor."
      >
        {(ids) => (
          <select
            {...ids}
            className="field"
            value={chosen}
            onChange={({ target }) => change(target.value === '' ? {} : { receptor: { dockstring: target.value } })}
          >
            <option value="">Choose a gene</option>
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      {chosen !== '' && (
        <MoreTargets
          names={names.filter((name) => name !== chosen)}
          chosen={moreTargets.filter((name) => name !== chosen)}
          change={changeMore}
        />
      )}
    </div>
  );
}

interface MoreTargetsProps {
  readonly names: readonly string[];
  readonly chosen: readonly string[];
  readonly change: (targets: readonly string[]) => void;
}

/** The same ligands into further targets: a job each. */
function MoreTargets({ names, chosen, change }: MoreTargetsProps) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <select
        aria-label="Another target for the same ligands"
        className="field !w-auto"
        value=""
        onChange={({ target }) => change([...chosen, target.value])}
      >
        <option value="" disabled>
          Add a target
        </option>
        {names
          .filter((name) => !chosen.includes(name))
          .map((name) => (
            <option key={name}>{name}</option>
          ))}
      </select>
      {chosen.map((name) => (
        <button
          key={name}
          type="button"
          className="border-line bg-surface-1 hover:bg-surface-2 flex h-8 items-center gap-1.5 rounded-md border px-2"
          onClick={() => change(chosen.filter((each) => each !== name))}
        >
          {name} <span aria-hidden="true">×</span>
          <span className="sr-only">Take away</span>
        </button>
      ))}
      {chosen.length > 0 && <span className="text-ink-2">A job for each target.</span>}
    </div>
  );
}

interface StructureTargetProps {
  readonly source: 'pdb' | 'pdbqt';
  readonly receptor: Values;
  readonly values: Values;
  readonly change: (values: Values) => void;
}

function StructureTarget({ source, receptor, values, change }: StructureTargetProps) {
  const text = textOf(receptor[source]) ?? '';
  const summary = useMemo(() => summarizePdb(text), [text]);
  const setReceptor = (next: Values) => change({ ...values, receptor: next });
  return (
    <div className="grid gap-3 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-3">
        <TextOrFile
          label={source === 'pdb' ? 'Structure (PDB)' : 'Prepared receptor (PDBQT)'}
          accept={source === 'pdb' ? '.pdb,.ent' : '.pdbqt'}
          value={text}
          change={(next) => change({ receptor: { [source]: next } })}
          placeholder="Paste the text, or drop a file"
        />
        {text !== '' && !summary && (
          <p className="text-bad">No atoms are found in this text. A {source.toUpperCase()} has lines that begin with ATOM.</p>
        )}
        {summary && source === 'pdb' && <Chains summary={summary} receptor={receptor} change={setReceptor} />}
        {summary && <BoxFields summary={summary} value={values['box']} change={(box) => change({ ...values, box })} />}
      </div>
      {summary && <Preview text={text} box={boxOf(values['box'], summary)} />}
    </div>
  );
}

function Chains({
  summary,
  receptor,
  change,
}: {
  readonly summary: StructureSummary;
  readonly receptor: Values;
  readonly change: (receptor: Values) => void;
}) {
  const all = summary.chains.map(({ chain }) => chain);
  const kept = Array.isArray(receptor['chains']) ? receptor['chains'].map(String) : all;
  const toggle = (chain: string): void => {
    const next = kept.includes(chain) ? kept.filter((each) => each !== chain) : all.filter((each) => each === chain || kept.includes(each));
    const { chains: _chains, ...others } = receptor;
    change(next.length === all.length ? others : { ...others, chains: next });
  };
  return (
    <fieldset className="flex flex-wrap gap-x-4 gap-y-1">
      <legend className="font-medium">Chains</legend>
      {summary.chains.map(({ chain, residues }) => (
        <label key={chain} className="flex items-center gap-1.5">
          <input type="checkbox" className="accent-accent" checked={kept.includes(chain)} onChange={() => toggle(chain)} />
          {chain === '' ? 'unnamed' : chain} <span className="text-ink-3">{residues} residues</span>
        </label>
      ))}
      {summary.waters > 0 && <span className="text-ink-3">{summary.waters} waters are removed</span>}
    </fieldset>
  );
}

function boxOf(box: unknown, summary: StructureSummary): SceneBox | undefined {
  if (!isObject(box)) return undefined;
  const { center, size, aroundLigand } = box;
  if (Array.isArray(center) && Array.isArray(size)) return { center: pointOf(center), size: pointOf(size) };
  if (!isObject(aroundLigand)) return undefined;
  const ligand = summary.ligands.find(({ residueName }) => residueName === aroundLigand['residueName']);
  return ligand && { center: ligand.center, size: [22, 22, 22] };
}

function pointOf([x, y, z]: readonly unknown[]): readonly [number, number, number] {
  return [Number(x), Number(y), Number(z)];
}

function Preview({ text, box }: { readonly text: string; readonly box: SceneBox | undefined }) {
  const isDark = useIsDark();
  const content = useMemo(
    (): SceneContent => ({
      target: { key: `${String(text.length)}${text.slice(-200)}`, text, format: 'pdb' },
      poses: [],
      pocket: [],
      polar: [],
      box,
      hasSurface: false,
      isDark,
      focus: undefined,
    }),
    [text, box?.center.join(), box?.size.join(), isDark],
  );
  return (
    <div className="border-line h-72 overflow-hidden rounded-md border lg:h-full lg:min-h-72">
      <Suspense fallback={<div className="skeleton h-full w-full" />}>
        <MolView content={content} label="The target and its box" />
      </Suspense>
    </div>
  );
}
