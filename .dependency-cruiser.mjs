/**
 * The layers of ARCHITECTURE.md: http, dispatch -> services -> storage, runners, catalog, chemistry -> domain -> contract.
 * `npm run check` fails on a violation; tests/architecture plants one and expects the failure.
 */
const src = '^packages/server/src';

/** A layer may not import those above it or beside it. */
function layer(name, forbidden) {
  return {
    name: `${name}-imports-downwards`,
    severity: 'error',
    from: { path: `${src}/${name}/`, pathNot: '\\.(test|suite)\\.ts$' },
    to: { path: `${src}/(${forbidden.join('|')})/` },
  };
}

const lower = ['storage', 'runners', 'catalog', 'chemistry'];

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'contract-stands-alone',
      severity: 'error',
      from: { path: '^packages/contract/src', pathNot: '\\.test\\.ts$' },
      to: { path: '^(packages/(server|client|cli|web)/)|node:' },
    },
    layer('domain', ['http', 'dispatch', 'services', ...lower]),
    ...lower.map((name) =>
      layer(name, [
        'http',
        'dispatch',
        'services',
        ...lower.filter((other) => other !== name && !(name === 'runners' && other === 'catalog')),
      ]),
    ),
    layer('services', ['http', 'dispatch']),
    layer('dispatch', ['http']),
    layer('http', ['dispatch', 'runners']),
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: `${src}/domain/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^(node:)?(fs|net|http|https|child_process|worker_threads|os|process|timers)', dependencyTypes: ['core'] },
    },
    {
      name: 'only-storage-and-dispatch-speak-sql',
      severity: 'error',
      from: { path: '^packages/', pathNot: `${src}/(storage|dispatch)/|\\.test\\.ts$|/test/` },
      to: { path: 'node_modules/(kysely|pg|pg-copy-streams|graphile-worker)/' },
    },
    {
      name: 'client-knows-only-the-contract',
      severity: 'error',
      from: { path: '^packages/client/src' },
      to: { path: '^packages/(server|cli|web)/' },
    },
    {
      name: 'page-knows-only-client-and-contract',
      severity: 'error',
      from: { path: '^packages/web/src' },
      to: { path: '^packages/(server|cli)/' },
    },
    { name: 'server-knows-no-front-end', severity: 'error', from: { path: src }, to: { path: '^packages/(client|cli|web)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules/.*/node_modules|^packages/web/dist' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
