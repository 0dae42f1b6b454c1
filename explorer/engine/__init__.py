"""The engine: runs jobs in processes of its own, so that Keras never enters the web process.

The client's side is `pool.Engine` (and `pool.engine()`, the one engine of a server), `job.Job` and `codec`. It imports
neither Keras nor TensorFlow nor Streamlit.

    page -> pool.Engine -> scheduler.Scheduler -(control)-> template -(fork)-> worker -> explorer.core.jobs

Linux is the home of this design. On macOS it works, without the guard that takes the workers along when the template is
killed by force, and without the memory limit. Where there is no `fork` (Windows) the engine says "failed: ...".
"""
