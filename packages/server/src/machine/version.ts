/** The version of the hub that this process is. */
import packageJson from '../../package.json' with { type: 'json' };

export const VERSION: string = packageJson.version;
