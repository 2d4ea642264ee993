"""The whole worker under a virtual clock, and one seed that decides everything.

Each module says what it stands for: ``loop`` the scheduler, ``machine`` the processes and
their deaths, ``disk`` and ``network`` what they touch, ``weather`` what goes wrong, ``stage``
the supplier and the channels around it, ``run`` one seed from the first order to the verdict.
"""
