export { gemm, HEAP_START } from './gemm';
