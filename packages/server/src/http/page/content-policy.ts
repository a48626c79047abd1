/**
 * What the page may load and run. The page itself runs no generated code; the worker that draws molecules does (RDKit binds its
 * WebAssembly with `new Function`), so its script, which sees no document, has a policy of its own. So have framed documents, which hold
 * parts that need more (the sketcher) and nothing of the page's.
 */
const COMMON = [
  "default-src 'none'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "object-src 'none'",
] as const;

export const PAGE_POLICY = [
  ...COMMON,
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "frame-src 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Generated code, and a network to the hub alone. */
export const WORKER_POLICY = ["default-src 'none'", "script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'", "connect-src 'self'"].join('; ');

export const FRAME_POLICY = [
  ...COMMON,
  "script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "frame-ancestors 'self'",
].join('; ');

/** By the path of a built file. */
export function policyOf(path: string): string {
  if (path.startsWith('/frames/')) return FRAME_POLICY;
  if (/^\/assets\/[a-z-]*rdkit-worker-[\w-]+\.js$/.test(path)) return WORKER_POLICY;
  return PAGE_POLICY;
}
