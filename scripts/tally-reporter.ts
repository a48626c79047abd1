/** A vitest reporter that writes the tally of a run, with the reason of each skip, to the file named by `OMTX_TALLY_FILE`. */
import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { add, FAILED, NOTHING, PASSED, skip, type Tally } from './tally.ts';

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env['OMTX_TALLY_FILE'];
    if (file === undefined) throw new Error('OMTX_TALLY_FILE is not set.');
    let tally = modules.map(tallyOf).reduce(add, NOTHING);
    if (unhandled.length > 0) tally = add(tally, FAILED);
    writeFileSync(file, JSON.stringify(tally));
  }
}

/** A file whose hooks or imports failed counts as a failure of its own. */
function tallyOf(module: TestModule): Tally {
  let tally: Tally = NOTHING;
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === 'passed') tally = add(tally, PASSED);
    else if (result.state === 'skipped') tally = add(tally, skip(test.fullName, result.note ?? ''));
    else tally = add(tally, FAILED);
  }
  return module.state() === 'failed' && tally.failed === 0 ? add(tally, FAILED) : tally;
}
