/** The steps of `npm run check`, cheapest first. `npm test` begins with them. */
import { toolStep, vitestStep, type TestStep } from './test-steps.ts';

export const CHECK_STEPS: readonly TestStep[] = [
  toolStep('Format (prettier)', 'node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']),
  toolStep('Types (tsc)', 'node_modules/typescript/bin/tsc', ['-p', '.']),
  toolStep('Types of the page (tsc)', 'node_modules/typescript/bin/tsc', ['-p', 'packages/web']),
  toolStep('Lint (eslint)', 'node_modules/eslint/bin/eslint.js', ['.', '--max-warnings=0', '--cache', '--cache-location=.cache/eslint/']),
  toolStep('Layers (dependency-cruiser)', 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs', [
    '--config',
    '.dependency-cruiser.mjs',
    'packages',
    'scripts',
  ]),
  toolStep('Unused code (knip)', 'node_modules/knip/bin/knip.js', ['--no-progress']),
  toolStep('Database schema (schema.sql)', 'scripts/db-dump.ts', ['--check']),
  toolStep('API description (docs/openapi.json)', 'packages/server/src/write-openapi.ts', ['--check']),
  vitestStep('Unit and integration tests', ['unit', 'integration']),
];
