/** Builds the page into `dist/`; `scripts/build-page.ts` calls it. Every asset has its digest in its name, so the hub lets browsers keep it. */
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    manifest: true,
    // The content policy knows no data: fonts, and a small file is cached as well as a large one.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4_000,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
});
