"""List the background processes: series without any class signal, one file per law."""
