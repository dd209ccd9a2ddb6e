// What the settings page and the API show of how a service is set up. Pure.

export interface RepositoryPlace {
  name: string;
  path: string;
  /** By a person, while the service ran; else by CODER_REPO. */
  added: boolean;
  /** Why it is not in use, in a sentence; null where it is. */
  reason: string | null;
  /** Tasks of it that are not finished. */
  unfinished: number;
}

export interface SettingView {
  /** `CODER_...`. */
  variable: string;
  /** In words; null: not set, and nothing stands for it. A secret is never shown. */
  value: string | null;
  /** Whether it is what holds where nobody says anything. */
  is_default: boolean;
}

export interface SettingsView {
  repositories: RepositoryPlace[];
  settings: SettingView[];
  token: {
    /** Whether callers must know it. */
    asked: boolean;
    /** Where it is; null: there is none. */
    where: string | null;
    /** How it is changed. */
    change: string;
  };
}
