import { arch, cpus, platform, totalmem } from 'node:os';

/** The machine and versions behind a result. */
export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  /** ISO 8601. */
  readonly date: string;
}

export function environment(now: Date): Environment {
  const list = cpus();
  return {
    node: process.version,
    platform: `${platform()} ${arch()}`,
    processor: list[0]?.model.trim() ?? 'unknown',
    cores: list.length,
    memory: totalmem(),
    date: now.toISOString(),
  };
}
