/** `node scripts/page-sizes.ts`: gzip sizes of what each route loads, against the budgets. Ends with 1 where one is over. CI runs it. */
import { buildPage } from './build-page.ts';
import { BUDGETS, measurePage } from './page-weight.ts';

await buildPage();
const weights = measurePage();
for (const { name, kilobytes, budget } of weights) {
  const verdict = kilobytes > budget ? `OVER by ${(kilobytes - budget).toFixed(1)} kB` : 'ok';
  console.log(`${name.padEnd(44)} ${kilobytes.toFixed(1).padStart(7)} kB gzip of ${String(budget).padStart(4)}  ${verdict}`);
}
if (weights.some(({ kilobytes, budget }) => kilobytes > budget)) {
  console.error(
    `Over budget (Home ${String(BUDGETS.home)}, a route ${String(BUDGETS.route)}, the viewer ${String(BUDGETS.viewer)} kB gzip).`,
  );
  process.exitCode = 1;
}
