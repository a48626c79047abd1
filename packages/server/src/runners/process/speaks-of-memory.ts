/** Whether what an engine printed says that memory ran out, of the host or of a GPU. Pure. */

const SAYINGS: readonly RegExp[] = [
  // PyTorch on CUDA, ROCm and MPS; the CUDA driver and runtime; XLA; Go; the kernel's own words
  /out[ _]of[ _](?:device |host )?memory/i,
  // TensorFlow and JAX; the same name without a word of memory is a quota of a remote service
  /(?:RESOURCE_EXHAUSTED|ResourceExhausted)[^\n]{0,200}(?:alloc|memory)/i,
  /\bOOM when allocating\b/,
  /\bcudaErrorMemoryAllocation\b/,
  /\bCU(?:BLAS|DNN|SOLVER|SPARSE|FFT|RAND)_(?:STATUS_)?ALLOC_FAILED\b/,
  /\bCL_MEM_OBJECT_ALLOCATION_FAILURE\b/,
  // Python, NumPy and Java; C and C++; PyTorch on the CPU; Rust
  /MemoryError\b/,
  /\b(?:bad_alloc|can(?:no|')t allocate memory)\b/i,
  /\bmemory allocation of \d+ bytes failed\b/,
];

/** Engines print a table of what was in use behind the words themselves, so more is read than is shown in a message. */
export const READ_CHARACTERS = 32_000;

export function speaksOfMemory(text: string): boolean {
  return SAYINGS.some((saying) => saying.test(text));
}
