"""The tiered plans: what stands, who owns it, when it is reviewed and drilled, what is not covered."""
