import tseslint from 'typescript-eslint';
import { kebabCaseFile } from './scripts/lint/kebab-case-file.mjs';

/** Rules marked [checked] in CONTRIBUTING.md, and the type-aware ones that catch lost promises. */
export default tseslint.config(
  { ignores: ['node_modules/', '.cache/', '**/dist/', 'packages/worker-python/', 'models/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@typescript-eslint': tseslint.plugin, omtx: { rules: { 'kebab-case-file': kebabCaseFile } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'omtx/kebab-case-file': 'error',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'The environment is read once, in main.ts.' }],
      'no-console': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-var': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
    },
  },
  {
    // Rows come back from SQL untyped, and tests build values by hand.
    files: ['packages/server/src/storage/**', '**/*.test.ts', '**/*.suite.ts', '**/test/**', 'tests/**', 'bench/**'],
    rules: { '@typescript-eslint/consistent-type-assertions': 'off' },
  },
  {
    files: ['**/*.test.ts', '**/*.suite.ts', '**/test/**', 'tests/**'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    // Entry points of processes and scripts speak to the terminal and read the environment.
    files: [
      '**/src/main.ts',
      'packages/cli/src/**',
      'scripts/**',
      'bench/**',
      'tests/**',
      '**/test/**',
      'vitest.config.ts',
      '**/write-openapi.ts',
    ],
    rules: { 'no-console': 'off', 'no-restricted-properties': 'off' },
  },
);
