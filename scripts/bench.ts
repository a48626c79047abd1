/** `npm run bench -- NAME [options]` runs `bench/NAME.bench.ts`; without a name it lists them. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', 'bench');
const [name, ...args] = process.argv.slice(2);
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
  .sort();

if (name === undefined || !names.includes(name)) {
  console.error(`Which bench? npm run bench -- NAME, with NAME one of: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  const { status } = spawnSync(process.execPath, [join(FOLDER, `${name}.bench.ts`), ...args], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
