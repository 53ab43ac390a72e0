"""Background processes: series without any class signal, one file per law."""
