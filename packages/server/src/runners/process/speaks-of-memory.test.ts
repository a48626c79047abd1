import { describe, expect, test } from 'vitest';
import { speaksOfMemory } from './speaks-of-memory.ts';

describe('memory that ran out is known by what an engine prints', () => {
  test.each([
    ['PyTorch', 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.10 GiB'],
    ['PyTorch, older', 'RuntimeError: CUDA error: out of memory'],
    ['PyTorch on ROCm', 'torch.OutOfMemoryError: HIP out of memory. Tried to allocate 2.00 GiB'],
    ['PyTorch on the CPU', "RuntimeError: [enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory"],
    ['JAX', 'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes.'],
    ['JAX, preallocating', 'XlaRuntimeError: RESOURCE_EXHAUSTED: Failed to allocate request for 4.00GiB (4294967296B) on device ordinal 0'],
    ['TensorFlow', 'ResourceExhaustedError: Graph execution error: OOM when allocating tensor with shape[1,2048,2048,128]'],
    ['TensorFlow, name alone', 'RESOURCE_EXHAUSTED: failed to allocate memory [Op:Mul]'],
    ['the CUDA driver', 'CUDA_ERROR_OUT_OF_MEMORY'],
    ['the CUDA runtime', 'GPUassert: cudaErrorMemoryAllocation kernel.cu 97'],
    ['cuBLAS', 'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`'],
    ['OpenCL', 'clEnqueueNDRangeKernel failed: CL_MEM_OBJECT_ALLOCATION_FAILURE'],
    ['NumPy', 'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 14.9 GiB for an array'],
    ['C++', "terminate called after throwing an instance of 'std::bad_alloc'"],
    ['Java', 'java.lang.OutOfMemoryError: Java heap space'],
    ['Rust', 'memory allocation of 17179869184 bytes failed'],
  ])('%s', (_, text) => {
    expect(speaksOfMemory(`Traceback:\n${text}\nmore`)).toBe(true);
  });
});

test.each([
  'RESOURCE_EXHAUSTED: Quota exceeded for requests per minute of the MSA server',
  'CUDA error: device-side assert triggered',
  'memory usage: 3.1 GiB of 79.1 GiB',
  'CUBLAS_STATUS_EXECUTION_FAILED',
])('other faults are not taken for it: %s', (text) => {
  expect(speaksOfMemory(text)).toBe(false);
});
