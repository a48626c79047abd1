/**
 * Mol* without its stock chrome: a target, poses in it, the pocket around them, the box. States: made by `open`, then `show` any number of
 * times (the last one wins), then `close`.
 */
import { PluginBehaviors } from 'molstar/lib/mol-plugin/behavior.js';
import { PluginCommands } from 'molstar/lib/mol-plugin/commands.js';
import { PluginConfig } from 'molstar/lib/mol-plugin/config.js';
import { PluginContext } from 'molstar/lib/mol-plugin/context.js';
import { PluginSpec } from 'molstar/lib/mol-plugin/spec.js';
import { StateTransforms } from 'molstar/lib/mol-plugin-state/transforms.js';
import { MolScriptBuilder as MS } from 'molstar/lib/mol-script/language/builder.js';
import type { StateObjectSelector } from 'molstar/lib/mol-state/index.js';
import { Color } from 'molstar/lib/mol-util/color/index.js';
import { Sphere3D } from 'molstar/lib/mol-math/geometry/primitives/sphere3d.js';
import { Vec3 } from 'molstar/lib/mol-math/linear-algebra.js';
import type { Residue } from '../../lib/structure/contacts.ts';
import { boxEdges, SegmentsProvider, type Point, type Segment } from './shapes.ts';

export interface StructureText {
  /** Equal keys mean equal texts, so that nothing is parsed twice. */
  readonly key: string;
  readonly text: string;
  readonly format: 'pdb' | 'sdf' | 'mmcif';
}

export interface SceneBox {
  readonly center: Point;
  readonly size: Point;
}

export interface SceneContent {
  readonly target: StructureText | undefined;
  readonly poses: readonly StructureText[];
  readonly pocket: readonly Residue[];
  readonly polar: readonly Segment[];
  readonly box: SceneBox | undefined;
  readonly hasSurface: boolean;
  readonly isDark: boolean;
  /** Where to look when it changes; the target as a whole where absent. */
  readonly focus: { readonly key: string; readonly center: Point; readonly radius: number } | undefined;
}

const LIGHT = { background: 0xffffff, cartoon: 0x1b8f72, pocket: 0x5f6b78, surface: 0xb9c4cf, box: 0x1f5fae, polar: 0x8a6d1d };
const DARK = { background: 0x16181d, cartoon: 0x4fb797, pocket: 0x7d8794, surface: 0x59636f, box: 0x8ab8f5, polar: 0xe0c36a };
/** Carbons of the poses, told apart without red and green. */
const CARBONS = [0xd9772b, 0x3d7bd9, 0xb04fb0, 0x2fa3a3, 0xc2a02c, 0x7a6fd0];

export class MolScene {
  readonly #plugin: PluginContext;
  #shown: Partial<Record<'target' | 'poses' | 'pocket' | 'surface' | 'polar' | 'box' | 'focus', string>> = {};
  readonly #parts = new Map<string, StateObjectSelector>();
  #targetStructure: StateObjectSelector | undefined;
  #next: SceneContent | undefined;
  #working = false;

  private constructor(plugin: PluginContext) {
    this.#plugin = plugin;
  }

  /** @returns undefined where the browser has no WebGL */
  static async open(element: HTMLElement): Promise<MolScene | undefined> {
    const graphics = findGraphics();
    if (graphics === 'none') return undefined;
    const isSlow = graphics === 'processor';
    const plugin = new PluginContext({
      config: [
        [PluginConfig.General.AllowMajorPerformanceCaveat, true],
        [PluginConfig.General.Transparency, 'blended'],
        [PluginConfig.General.DisableAntialiasing, isSlow],
        [PluginConfig.General.PixelScale, isSlow ? 0.75 : 1],
      ],
      canvas3d: {
        camera: { helper: { axes: { name: 'off', params: {} } } },
        // What a processor would draw for seconds, and a page that waits for it cannot be used.
        ...(isSlow
          ? {
              multiSample: { mode: 'off' },
              postprocessing: { occlusion: { name: 'off', params: {} }, antialiasing: { name: 'off', params: {} } },
            }
          : {}),
      },
      behaviors: [
        PluginSpec.Behavior(PluginBehaviors.Representation.HighlightLoci),
        PluginSpec.Behavior(PluginBehaviors.Camera.FocusLoci),
        PluginSpec.Behavior(PluginBehaviors.Camera.CameraControls),
        PluginSpec.Behavior(PluginBehaviors.CustomProps.StructureInfo),
        PluginSpec.Behavior(PluginBehaviors.CustomProps.SecondaryStructure),
      ],
    });
    await plugin.init();
    if (await plugin.mountAsync(element)) return new MolScene(plugin);
    plugin.dispose();
    return undefined;
  }

  close(): void {
    this.#plugin.dispose();
  }

  /** Shows the content; one that comes while another is being shown takes its place in the line. */
  show(content: SceneContent): void {
    this.#next = content;
    if (!this.#working) void this.#work();
  }

  /** A picture of the scene as a data URL. */
  async picture(): Promise<string | undefined> {
    return this.#plugin.helpers.viewportScreenshot?.getImageDataUri();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let content = this.#next; content; content = this.#next) {
        this.#next = undefined;
        await this.#render(content);
      }
    } finally {
      this.#working = false;
    }
  }

  async #render(content: SceneContent): Promise<void> {
    const colors = content.isDark ? DARK : LIGHT;
    this.#plugin.canvas3d?.setProps({
      renderer: { backgroundColor: Color(colors.background) },
      camera: { helper: { axes: { name: 'off', params: {} } } },
    });
    const theme = content.isDark ? 'dark' : 'light';
    const { target, poses, pocket, box, polar } = content;
    const targetKey = target && `${target.key} ${theme}`;
    await this.#part('target', targetKey, () => this.#addTarget(target, colors));
    await this.#part('surface', targetKey && content.hasSurface ? targetKey : undefined, () => this.#addSurface(colors.surface));
    await this.#part('poses', poses.map(({ key }) => key).join(' ') + theme, () => this.#addPoses(poses));
    const residues = pocket.map(({ chain, number }) => `${chain}${String(number)}`).join(' ');
    await this.#part('pocket', targetKey && residues !== '' ? `${targetKey} ${residues}` : undefined, () =>
      this.#addPocket(pocket, colors.pocket),
    );
    await this.#part('polar', polar.length === 0 ? undefined : JSON.stringify(polar) + theme, () =>
      this.#addSegments('Polar contacts', polar, colors.polar, 3),
    );
    await this.#part('box', box && JSON.stringify(box) + theme, () =>
      this.#addSegments('Box', box ? boxEdges(box.center, box.size) : [], colors.box, 2),
    );
    this.#look(content);
  }

  /** Makes a part anew where its key changed, and takes away what was there. */
  async #part(
    name: 'target' | 'poses' | 'pocket' | 'surface' | 'polar' | 'box',
    key: string | undefined,
    add: () => Promise<readonly StateObjectSelector[]>,
  ): Promise<void> {
    if (this.#shown[name] === key) return;
    const old = [...this.#parts].filter(([id]) => id.startsWith(`${name}:`));
    // The new first, then the old goes: no empty frame between two poses.
    const added = key === undefined ? [] : await add();
    const update = this.#plugin.build();
    for (const [id, selector] of old) {
      update.delete(selector.ref);
      this.#parts.delete(id);
    }
    await update.commit();
    added.forEach((selector, place) => this.#parts.set(`${name}:${String(key)}:${String(place)}`, selector));
    this.#shown = { ...this.#shown };
    if (key === undefined) delete this.#shown[name];
    else this.#shown[name] = key;
  }

  async #parse({ text, format }: StructureText) {
    const data = await this.#plugin.builders.data.rawData({ data: text });
    const trajectory = await this.#plugin.builders.structure.parseTrajectory(data, format);
    const model = await this.#plugin.builders.structure.createModel(trajectory);
    return { data, structure: await this.#plugin.builders.structure.createStructure(model) };
  }

  async #addTarget(target: StructureText | undefined, colors: typeof LIGHT): Promise<readonly StateObjectSelector[]> {
    if (!target) return [];
    const { data, structure } = await this.#parse(target);
    this.#targetStructure = structure;
    const { builders } = this.#plugin;
    const polymer = await builders.structure.tryCreateComponentStatic(structure, 'polymer');
    if (polymer)
      await builders.structure.representation.addRepresentation(polymer, {
        type: 'cartoon',
        color: 'uniform',
        colorParams: { value: Color(colors.cartoon) },
      });
    const ligand = await builders.structure.tryCreateComponentStatic(structure, 'ligand');
    if (ligand) await builders.structure.representation.addRepresentation(ligand, { type: 'ball-and-stick', color: 'element-symbol' });
    return [data];
  }

  async #addSurface(color: number): Promise<readonly StateObjectSelector[]> {
    const structure = this.#targetStructure;
    if (!structure) return [];
    const polymer = await this.#plugin.builders.structure.tryCreateComponentStatic(structure, 'polymer', { tags: ['surface'] });
    if (!polymer) return [];
    await this.#plugin.builders.structure.representation.addRepresentation(polymer, {
      type: 'gaussian-surface',
      typeParams: { alpha: 0.35, quality: 'low' },
      color: 'uniform',
      colorParams: { value: Color(color) },
    });
    return [polymer];
  }

  async #addPoses(poses: readonly StructureText[]): Promise<readonly StateObjectSelector[]> {
    const added: StateObjectSelector[] = [];
    for (const [place, pose] of poses.entries()) {
      const { data, structure } = await this.#parse(pose);
      const all = await this.#plugin.builders.structure.tryCreateComponentStatic(structure, 'all');
      if (all)
        await this.#plugin.builders.structure.representation.addRepresentation(all, {
          type: 'ball-and-stick',
          typeParams: { sizeFactor: place === 0 ? 0.22 : 0.16 },
          color: 'element-symbol',
          colorParams: { carbonColor: { name: 'uniform', params: { value: Color(CARBONS[place % CARBONS.length] ?? 0) } } },
        });
      added.push(data);
    }
    return added;
  }

  async #addPocket(pocket: readonly Residue[], color: number): Promise<readonly StateObjectSelector[]> {
    const structure = this.#targetStructure;
    if (!structure) return [];
    // A file without chain names: the viewer gives them names of its own.
    const tests = pocket.map(({ chain, number }) => {
      const isResidue = MS.core.rel.eq([MS.ammp('auth_seq_id'), number]);
      return chain === '' ? isResidue : MS.core.logic.and([MS.core.rel.eq([MS.ammp('auth_asym_id'), chain]), isResidue]);
    });
    const expression = MS.struct.generator.atomGroups({ 'residue-test': MS.core.logic.or(tests) });
    const key = `pocket-${String(Date.now())}`;
    const component = await this.#plugin.builders.structure.tryCreateComponentFromExpression(structure, expression, key, {
      label: 'Pocket',
    });
    if (!component) return [];
    await this.#plugin.builders.structure.representation.addRepresentation(component, {
      type: 'ball-and-stick',
      typeParams: { sizeFactor: 0.12, ignoreHydrogens: true },
      color: 'element-symbol',
      colorParams: { carbonColor: { name: 'uniform', params: { value: Color(color) } } },
    });
    return [component];
  }

  async #addSegments(label: string, segments: readonly Segment[], color: number, size: number): Promise<readonly StateObjectSelector[]> {
    const provider = this.#plugin.build().toRoot().apply(SegmentsProvider, { label, data: { segments, color, size } });
    provider.apply(StateTransforms.Representation.ShapeRepresentation3D);
    await provider.commit();
    return [provider.selector];
  }

  #look({ focus, target }: SceneContent): void {
    const key = focus?.key ?? target?.key;
    if (key === undefined || this.#shown.focus === key) return;
    const isFirst = this.#shown.focus === undefined;
    this.#shown.focus = key;
    if (!focus) {
      void PluginCommands.Camera.Reset(this.#plugin, { durationMs: 0 });
      return;
    }
    const sphere = Sphere3D.create(Vec3.create(focus.center[0], focus.center[1], focus.center[2]), focus.radius);
    this.#plugin.managers.camera.focusSphere(sphere, { durationMs: isFirst ? 0 : 120 });
  }
}

type Graphics = 'none' | 'processor' | 'card';

/** What draws WebGL here: nothing, the processor (as on a server without a graphics card), or a card. */
function findGraphics(): Graphics {
  const canvas = document.createElement('canvas');
  const gl = canvas.getContext('webgl2') ?? canvas.getContext('webgl');
  if (!gl) return 'none';
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = names ? String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)) : '';
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer) ? 'processor' : 'card';
}
