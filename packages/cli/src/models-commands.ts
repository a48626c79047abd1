/** `omtx models`: list what a hub knows, and make, check, install, test and remove model folders on this machine. */
import { Command } from 'commander';
import { MODEL_STATUSES } from '@omtx/contract';
import { columns, wrap } from './columns.ts';
import { describeModel } from './describe-model.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { flagsOf, withSettings, type HubOptions } from './hub-commands.ts';
import { clientOf, common, print, type Common } from './command-options.ts';

interface ListOptions extends Common {
  readonly task?: string;
  readonly license?: string;
  readonly commercialUse?: 'allowed' | 'forbidden' | 'unclear';
  readonly gpu?: 'none' | 'helpful' | 'required';
  readonly state?: 'installed' | 'offered' | 'not_installed' | 'disabled';
  readonly status?: (typeof MODEL_STATUSES)[number];
  readonly search?: string;
}

const STATUS_WORDS = {
  runs_here: 'engine',
  adapter_tested: 'adapter',
  manifest_only: 'card',
} as const;

export function modelsCommand(): Command {
  const models = common(new Command('models').description('list models of a hub, show one, or work on model folders of this machine'))
    .argument('[id]', 'model to show')
    .action((id: string | undefined, options: Common) => (id === undefined ? list(options) : show(id, options)));
  const parts = [
    listCommand(),
    newCommand(),
    checkCommand(),
    installCommand(),
    testCommand(),
    bundleCommand(),
    removeCommand(),
    ...choiceCommands(),
  ];
  for (const part of parts) models.addCommand(part.exitOverride());
  return models;
}

async function show(id: string, options: Common): Promise<void> {
  const model = await clientOf(options).getModel(id);
  print(options, model, () => describeModel(model, process.stdout.columns));
}

function listCommand(): Command {
  return common(new Command('list').description('models of a hub, by task, licence or GPU need'))
    .option('--task <type>', 'task type that it answers')
    .option('--license <text>', 'part of the licence of code or weights')
    .option('--commercial-use <word>', 'allowed, forbidden or unclear')
    .option('--gpu <need>', 'none, helpful or required')
    .option('--state <state>', 'installed, offered, not_installed or disabled')
    .option('--status <status>', MODEL_STATUSES.join(', '))
    .option('--search <words>', 'words of id, name or summary')
    .action((_options: ListOptions, command: Command) => list(command.optsWithGlobals<ListOptions>()));
}

async function list(options: ListOptions): Promise<void> {
  const { task, license, commercialUse, gpu, state, status, search } = options;
  const answer = await clientOf(options).listModels({ task, license, commercialUse, gpu, state, status, search });
  print(options, answer, () => {
    const usable = ['installed', 'offered'];
    const models = answer.models.toSorted((a, b) => Number(usable.includes(b.state)) - Number(usable.includes(a.state)));
    const rows = models.map((model) => [
      model.id,
      model.version,
      model.state,
      STATUS_WORDS[model.status],
      model.gpu,
      model.taskTypes.join(', '),
    ]);
    const broken = answer.broken.map(({ folder, reasons }) => `${folder} is broken: ${reasons.join('; ')}`);
    const hint = `${String(rows.length)} models, those that run first (card: only described here). "omtx models ID" says what one does and how to get it.`;
    return [columns(['model', 'version', 'state', 'status', 'gpu', 'tasks'], rows), ...wrap(hint, process.stdout.columns), ...broken].join(
      '\n',
    );
  });
}

function newCommand(): Command {
  return new Command('new')
    .description('start a model folder from the example of docs/add-a-model.md')
    .argument('<id>', 'id of the model')
    .option('--folder <path>', 'folder to make; ./ID when absent')
    .option('--name <text>', 'name for people')
    .action(async (id: string, { folder = `./${id}`, name }: { readonly folder?: string; readonly name?: string }) => {
      const { newModel } = await import('@omtx/server/model-tools/new-model');
      await orUsage(newModel(id, folder, name));
      console.log(`Made ${folder}. Change model.json and worker.py, then: omtx models test ${folder} --protocol`);
    });
}

function checkCommand(): Command {
  return withSettings(new Command('check').description('say what is wrong with a model folder'))
    .argument('<model>', 'folder, or id of a known model')
    .action(async (target: string, options: HubOptions) => {
      const { manifest, reasons } = await orUsage((await commandsOf(options)).check(target));
      for (const reason of reasons) console.log(reason);
      if (reasons.length === 0) console.log(`${manifest?.id ?? target} ${manifest?.version ?? ''} is sound.`);
      process.exitCode = reasons.length === 0 ? EXIT.ok : EXIT.failed;
    });
}

function installCommand(): Command {
  return withSettings(new Command('install').description('make a model able to run here: environments and weights'))
    .argument('<models...>', 'ids of known models, folders, or bundles (.tar)')
    .action(async (targets: readonly string[], options: HubOptions) => {
      const commands = await commandsOf(options);
      for (const target of targets) console.log(`${await orUsage(commands.install(target))} is installed.`);
    });
}

function testCommand(): Command {
  return withSettings(new Command('test').description('run the health check of a model, without a hub'))
    .argument('<model>', 'folder, or id of a known model')
    .option('--all', 'run every example')
    .option('--protocol', 'also test how its worker speaks, in whatever language')
    .action(async (target: string, options: HubOptions & { readonly all?: boolean; readonly protocol?: boolean }) => {
      const commands = await commandsOf(options);
      const runs = await orUsage(commands.test(target, options.all === true ? 'all_examples' : 'health_check'));
      let isSound = true;
      for (const { file, seconds, outcome, unmet } of runs) {
        const wrong = outcome.kind === 'failed' ? [`${outcome.failure.code}: ${outcome.failure.message}`] : unmet;
        const metrics = outcome.kind === 'completed' ? Object.entries(outcome.metrics).map(([id, value]) => `${id} ${String(value)}`) : [];
        console.log(`${wrong.length === 0 ? 'ok    ' : 'FAILED'} ${file} (${seconds.toFixed(1)} s) ${[...wrong, ...metrics].join(', ')}`);
        isSound &&= wrong.length === 0;
      }
      for (const { rule, broken } of options.protocol === true ? await orUsage(commands.testProtocol(target)) : []) {
        console.log(`${broken === undefined ? 'ok    ' : 'FAILED'} ${rule}${broken === undefined ? '' : `: ${broken}`}`);
        isSound &&= broken === undefined;
      }
      process.exitCode = isSound ? EXIT.ok : EXIT.failed;
    });
}

function bundleCommand(): Command {
  return withSettings(
    new Command('bundle').description('write a model with its packages and weights to one file, for a machine without a network'),
  )
    .argument('<model>', 'folder, or id of a known model')
    .requiredOption('--output <file>', 'tar file to write')
    .action(async (target: string, options: HubOptions & { readonly output: string }) => {
      await orUsage((await commandsOf(options)).bundle(target, options.output));
      console.log(`Wrote ${options.output}. On the other machine: omtx models install ${options.output}`);
    });
}

function removeCommand(): Command {
  return withSettings(new Command('remove').description('take a model off this machine, with what no other model needs'))
    .argument('<id>', 'model')
    .option('--version <text>', 'only this version')
    .action(async (id: string, options: HubOptions & { readonly version?: string }) => {
      const { removed, kept } = await orUsage((await commandsOf(options)).remove(id, options.version));
      console.log(removed.length === 0 ? 'Nothing was there to remove.' : `Removed ${removed.join(', ')}.`);
      if (kept.length > 0) console.log(`Kept for other models: ${kept.join(', ')}.`);
    });
}

function choiceCommands(): readonly Command[] {
  const disable = withSettings(new Command('disable').description('switch a model off on this hub'))
    .argument('<id>', 'model')
    .requiredOption('--reason <text>', 'why; users are told')
    .action(async (id: string, options: HubOptions & { readonly reason: string }) => {
      await orUsage((await commandsOf(options)).disable(id, options.reason));
      console.log(`${id} is off; who asks for it is told: ${options.reason}`);
    });
  const enable = withSettings(new Command('enable').description('switch a model on again'))
    .argument('<id>', 'model')
    .action(async (id: string, options: HubOptions) => {
      await orUsage((await commandsOf(options)).enable(id));
      console.log(`${id} is on again.`);
    });
  const set = withSettings(new Command('set').description('set what a model needs to know of this machine'))
    .argument('<id>', 'model')
    .argument('<name=value>', 'setting')
    .action(async (id: string, assignment: string, options: HubOptions) => {
      const at = assignment.indexOf('=');
      if (at < 1) throw new UsageError(`"${assignment}" is no NAME=VALUE.`);
      await orUsage((await commandsOf(options)).set(id, assignment.slice(0, at), assignment.slice(at + 1)));
    });
  return [disable, enable, set];
}

async function commandsOf(options: HubOptions) {
  const { modelCommands } = await import('@omtx/server/main');
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort(new UsageError('Interrupted.'));
  });
  const report = (line: string): void => {
    console.error(line);
  };
  return modelCommands(flagsOf(options), report, stop.signal);
}

/** What goes wrong here is for the person at the command line to mend: a sentence and no stack. */
async function orUsage<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
