/** Settings of the embedded server. `omtx.conf` is written at each start; an operator's own go to `local.conf`, which is read last. */

export const USER = 'omtx';
export const DATABASE = 'omtx';
export const HOST = '127.0.0.1';
export const SETTINGS_FILE = 'omtx.conf';
export const OPERATOR_FILE = 'local.conf';
/** Appended once to `postgresql.conf`. */
export const INCLUDES = `\n# OMTX-Hub: the hub writes omtx.conf at each start; yours go to local.conf.\ninclude '${SETTINGS_FILE}'\ninclude '${OPERATOR_FILE}'\n`;

/** Commits are durable: `fsync` and `synchronous_commit` stay on, because an accepted job must outlive a power cut. */
export const SETTINGS = `# Written by OMTX-Hub at each start; put your own settings into local.conf.
listen_addresses = '${HOST}'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 100
superuser_reserved_connections = 3
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = 1GB
jit = off
fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = on
max_wal_size = 2GB
min_wal_size = 128MB
checkpoint_timeout = 10min
checkpoint_completion_target = 0.9
random_page_cost = 1.1
autovacuum_naptime = 15s
idle_in_transaction_session_timeout = 5min
timezone = 'UTC'
log_timezone = 'UTC'
# A file per weekday, emptied when its day comes again: a week of log at most.
logging_collector = on
log_directory = 'log'
log_filename = 'postgres-%a.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_min_messages = warning
log_min_error_statement = panic
log_checkpoints = off
log_lock_waits = on
log_line_prefix = '%m [%p] %q%a '
`;

/** The built-in C.UTF-8: the same order of text on every machine, whatever its C library has. */
export const INITDB_OPTIONS: readonly string[] = [
  `--username=${USER}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--data-checksums',
];
