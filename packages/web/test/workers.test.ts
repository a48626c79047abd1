/** The operator's page: hosts with their version and state, queues, and what stands still with its reason. */
import { OmtxClient } from '@omtx/client';
import { expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { SCREEN } from './support/screen.ts';
import { testHub, usePages, whyNoHub } from './support/hub.ts';

const reason = whyNoHub();
const open = usePages();

test.skipIf(reason !== undefined)(
  'Workers shows hosts with their version, queues with their depth, and why a job stands still',
  async () => {
    const client = new OmtxClient({ baseUrl: testHub().url });
    const { id } = await client.submitJob({ ...SCREEN, name: 'stands still' });
    await client.pauseJob(id);
    try {
      const { page } = await open('/workers');
      const hosts = page.getByRole('region', { name: 'Hosts', exact: true });
      await hosts.getByText(packageJson.version, { exact: true }).waitFor();
      const queues = page.getByRole('region', { name: 'Queues', exact: true });
      await queues
        .getByRole('row', { name: /vina.*bulk|vina.*interactive/ })
        .first()
        .waitFor();
      const standing = page.getByRole('region', { name: 'Standing still', exact: true });
      await standing.getByText(/It is paused since .* resume it to go on/).waitFor();
      await standing.getByRole('link', { name: id.slice(-12) }).click();
      await page.waitForURL(`**/results/${id}**`);
      await page.getByRole('heading', { name: 'stands still' }).waitFor();
    } finally {
      await client.cancelJob(id);
      await expect.poll(async () => (await client.getJob(id)).finishedAt, { timeout: 30_000 }).not.toBeNull();
      await fetch(`${testHub().url}/api/v4/jobs/${id}`, { method: 'DELETE' });
    }
  },
);
