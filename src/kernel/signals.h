/* kernel/signals.h: dispositions and masks; signal(7) */
#ifndef BRIG_KERNEL_SIGNALS_H
#define BRIG_KERNEL_SIGNALS_H

/** signals_reset() - default dispositions and an empty mask: both are inherited through execve(2), and conmon ignores SIGPIPE */
void signals_reset(void);

#endif
