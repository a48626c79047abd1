/** Shares and limits of owners and models: show them, or set those of one owner or one model. */
import type { ChangeLimits, Limits } from '@omtx/contract';
import { Command } from 'commander';
import { columns } from './columns.ts';
import { clientOf, common, print, type Common } from './command-options.ts';
import { UsageError } from './exit-codes.ts';

interface Wish {
  readonly owner?: string;
  readonly model?: string;
  readonly weight?: string;
  readonly maxSlots?: string;
}

export function limitsCommand(): Command {
  return common(new Command('limits').description('show weights and limits of owners and models, or set those of one'))
    .option('--owner <name>', 'owner to set')
    .option('--model <id>', 'model to set')
    .option('--weight <number>', 'share of the owner beside others; 3 beside 1 starts three rows of four')
    .option('--max-slots <number>', 'rows in flight at once on all hosts; 0 stops, none lifts the limit')
    .action(async (options: Common & Wish) => {
      const wish = wishOf(options);
      const client = clientOf(options);
      const limits = wish ? await client.changeLimits(wish) : await client.limits();
      print(options, limits, () => describe(limits));
    });
}

/** @returns undefined where nothing is to be set */
function wishOf({ owner, model, weight, maxSlots }: Wish): ChangeLimits | undefined {
  if (owner === undefined && model === undefined) {
    if (weight === undefined && maxSlots === undefined) return undefined;
    throw new UsageError('Say whose limit it is: --owner NAME or --model ID.');
  }
  if (owner !== undefined && model !== undefined) throw new UsageError('Set an owner or a model, one at a time.');
  const slots = maxSlots === undefined ? undefined : slotsOf(maxSlots);
  if (model !== undefined) {
    if (weight !== undefined) throw new UsageError('A model has no weight; --weight goes with --owner.');
    if (slots === undefined) throw new UsageError('Say the limit of the model: --max-slots NUMBER or --max-slots none.');
    return { models: [{ modelId: model, maxSlots: slots }] };
  }
  if (weight === undefined && slots === undefined) throw new UsageError('Say what to set: --weight NUMBER, --max-slots NUMBER, or both.');
  const share = { ...(weight !== undefined && { weight: weightOf(weight) }), ...(slots !== undefined && { maxSlots: slots }) };
  return { owners: [{ owner: owner ?? '', ...share }] };
}

function slotsOf(text: string): number | null {
  if (text === 'none') return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new UsageError(`--max-slots takes a whole number or none, not "${text}".`);
}

function weightOf(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`--weight takes a number above 0, not "${text}".`);
}

function describe({ owners, models }: Limits): string {
  const slots = (max: number | null): string => (max === null ? 'none' : String(max));
  return columns(
    ['of', 'name', 'weight', 'most slots', 'in use'],
    [
      ...owners.map(({ owner, weight, maxSlots, slotsInUse }) => ['owner', owner, String(weight), slots(maxSlots), String(slotsInUse)]),
      ...models.map(({ modelId, maxSlots, slotsInUse }) => ['model', modelId, '', slots(maxSlots), String(slotsInUse)]),
    ],
  );
}
