import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from 'osculate/node';
import { z } from 'zod';
import type { Environment } from '../environment.js';
import { UsageError } from '../usage-error.js';
import type { DeclaredStudy } from './study-file.js';

/** What a study's folder says of it: everything that determines its runs, and where they were made. */
export interface KeptStudy {
  readonly study: DeclaredStudy;
  /** The study file, as named on the command line. */
  readonly file: string;
  readonly environment: Environment;
}

const name = 'study.json';

/** The shape only: values were checked when the study file was read. */
const keptSchema = z.object({
  file: z.string(),
  environment: z.object({
    node: z.string(),
    platform: z.string(),
    processor: z.string(),
    cores: z.number(),
    memory: z.number(),
    date: z.string(),
  }),
  study: z.object({
    title: z.string(),
    seeds: z.array(z.number()).min(1),
    threads: z.number(),
    parallel: z.number(),
    points: z.number().optional(),
    // Studies of before there were warm-ups had none.
    warmup: z.number().default(0),
    problems: z.array(
      z.object({
        problem: z.string(),
        budget: z.record(z.string(), z.number()),
        tuning: z.union([
          z.literal(false),
          z.object({
            ...{ trials: z.number(), factor: z.number(), share: z.number(), seed: z.number() },
            ...{ parallel: z.number().default(1), threads: z.number().optional() },
          }),
        ]),
        aim: z.object({ optimizer: z.string(), measure: z.string(), share: z.number() }).optional(),
        entrants: z.array(
          z.object({
            spec: z.string(),
            tuned: z.object({ setting: z.string(), values: z.array(z.number()) }).optional(),
          }),
        ),
      }),
    ),
  }),
});

/** Writes `study.json` into the folder, as a whole or not at all; makes the folder. */
export async function writeStudyFolder(folder: string, kept: KeptStudy): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await writeFileAtomic(join(folder, name), `${JSON.stringify(kept, null, 2)}\n`);
}

/** Reads `study.json` of a folder. @throws UsageError when the folder holds no study, or a damaged one. */
export function readStudyFolder(folder: string): KeptStudy {
  const file = join(folder, name);
  if (!existsSync(file))
    throw new UsageError(
      `${folder}: no ${name} there; name the folder of an \`osculate study\` or \`osculate compare\``,
    );
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, 'utf8'));
  } catch (failure) {
    throw new UsageError(
      `${file}: ${(failure as Error).message}; remove it, and the command that made the folder writes it again`,
    );
  }
  const { success, data, error } = keptSchema.safeParse(found);
  if (success) return data as KeptStudy;
  const [issue] = error.issues;
  const place = issue?.path.map(String).join('.');
  throw new UsageError(
    `${file} describes no study: ${place}: ${issue?.message}; name the folder of an \`osculate study\``,
  );
}
