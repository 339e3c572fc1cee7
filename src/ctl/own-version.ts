import packageJson from '../../package.json' with { type: 'json' };

/** The version of pgherd that is running. */
export const OWN_VERSION: string = packageJson.version;
