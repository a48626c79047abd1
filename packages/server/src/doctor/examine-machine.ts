/** What this machine has of what the hub needs, how the hub itself is, and how to get what is missing. Only looks. */
import { readRegistry } from '../catalog/registry-keeper.ts';
import type { Config } from '../config.ts';
import { databaseFindings } from './database-findings.ts';
import type { Finding } from './finding.ts';
import { machineFindings } from './machine-findings.ts';
import { modelFindings } from './model-findings.ts';

export async function examineMachine(config: Config): Promise<readonly Finding[]> {
  const { modelsDirs: folders, dataDir, offeredModels, programPath, egress: hosts, secrets, slurm } = config;
  const registry = await readRegistry({ folders, dataDir, offeredModels, programPath, outbound: { hosts, secrets }, slurm });
  return [...(await machineFindings(config)), ...(await databaseFindings(config, registry)), ...(await modelFindings(registry))];
}
