"""The embedded distributor: ERP, WMS, TMS, CRM, procurement and finance of one distributor in one SQL database."""
