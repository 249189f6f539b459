export { readSafetensors, type SafetensorsFile } from './read-safetensors.js';
export { take } from './take.js';
export { writeSafetensors } from './write-safetensors.js';
