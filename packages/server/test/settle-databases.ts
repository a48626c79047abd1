import { settleDatabasesAfterFile } from './database.ts';

settleDatabasesAfterFile();
